'use strict';
// Everything shown comes from openapi.json and from replies, and is set as text, never as HTML.
(() => {
  const byId = (id) => document.getElementById(id);
  const state = { token: '', calls: [], call: null, edited: new Map(), abort: null };

  const headers = (more) => (state.token ? { authorization: `Bearer ${state.token}`, ...more } : more);

  async function load() {
    byId('problem').hidden = true;
    let reply;
    try {
      reply = await fetch('/openapi.json', { headers: headers({}) });
    } catch (error) {
      return problem(`Could not reach the serving: ${error.message}`);
    }
    if (reply.status === 401) {
      byId('token-form').hidden = false;
      byId('token').focus();
      return state.token ? problem('This token is not the right one.') : undefined;
    }
    if (!reply.ok) return problem(`Could not read openapi.json: ${(await explain(reply)).error}`);
    byId('token-form').hidden = true;
    show(await reply.json());
    health();
  }

  function problem(message) {
    byId('problem').textContent = message;
    byId('problem').hidden = false;
  }

  async function explain(reply) {
    const body = await reply.text();
    try {
      const value = JSON.parse(body);
      if (value && typeof value.error === 'string') return value;
    } catch {
      // not JSON: shown as it is
    }
    return { error: body.slice(0, 300) || reply.statusText };
  }

  async function health() {
    const place = byId('ready');
    try {
      const reply = await fetch('/v2/health/ready');
      const value = reply.ok ? null : await explain(reply);
      place.textContent = value ? `Not ready: ${value.error}` : 'Ready';
      place.className = value ? 'bad' : 'good';
    } catch (error) {
      place.textContent = `Not reachable: ${error.message}`;
      place.className = 'bad';
    }
  }

  function show(api) {
    const serving = api['x-model-serving'];
    document.title = `${serving.name} – serving`;
    byId('name').textContent = serving.name;
    byId('facts').textContent = `Version ${serving.version} · ${serving.platform}`;
    state.calls = serving.calls;
    const verbs = byId('verbs');
    verbs.querySelectorAll('label').forEach((label) => label.remove());
    state.calls.forEach((call, index) => {
      const radio = element('input');
      Object.assign(radio, { type: 'radio', name: 'call', value: String(index), checked: index === 0 });
      radio.addEventListener('change', () => choose(call));
      const label = element('label');
      label.append(radio, call.name);
      verbs.append(label);
    });
    if (state.calls.length) {
      byId('try').hidden = false;
      choose(state.calls[0]);
    } else {
      problem('The script has none of predict, classify and regress.');
    }
    routes(api);
  }

  function choose(call) {
    state.call = call;
    byId('path').textContent = `POST ${call.path}`;
    byId('request').value = state.edited.get(call.name) ?? text(call.sample);
    byId('about').hidden = false;
    byId('source').textContent = call.source;
    byId('schema').textContent = text(call.schema);
    fields(call.schema);
    curl();
  }

  /** The parts of one row: its columns by name or place. */
  function fields(schema) {
    const table = byId('fields');
    table.replaceChildren();
    let part = schema;
    while (part.type === 'array' && part.items?.type === 'array') part = part.items;
    const record = part.type === 'object' ? part : part.items?.type === 'object' ? part.items : null;
    const lines = [];
    if (record?.properties) {
      for (const [name, kind] of Object.entries(record.properties)) {
        lines.push([name, kindOf(kind), record.required?.includes(name) ? 'needed' : '']);
      }
    } else if (part.type === 'array' && part.maxItems && part.maxItems <= 1000) {
      const names = part.description?.split(', ');
      for (let place = 0; place < part.maxItems; place++) {
        const named = names?.length === part.maxItems ? names[place] : '';
        lines.push([`[${place}]`, kindOf(part.prefixItems?.[place] ?? part.items ?? {}), named]);
      }
    }
    if (!lines.length) return;
    table.append(row('th', ['Place', 'Kind', record ? '' : 'Name']), ...lines.map((line) => row('td', line)));
  }

  function routes(api) {
    const lines = [];
    for (const [path, methods] of Object.entries(api.paths)) {
      for (const [method, route] of Object.entries(methods)) {
        const isPage = method === 'get';
        const target = isPage ? element('a', path) : path;
        if (isPage) target.href = path;
        lines.push(row('td', [method.toUpperCase(), target, route.summary]));
      }
    }
    byId('routes').replaceChildren(...lines);
    byId('all').hidden = false;
  }

  /** The request as it was written, since numbers of many digits would not survive; `wrong`: it is no JSON. */
  function body() {
    const given = byId('request').value;
    try {
      JSON.parse(given);
      return { given };
    } catch (error) {
      return { given, wrong: error.message };
    }
  }

  const accept = () => (byId('stream').checked ? 'application/x-ndjson' : 'application/json');

  function curl() {
    const quoted = (value) => `'${value.replaceAll("'", "'\\''")}'`;
    const parts = ['curl', quoted(location.origin + state.call.path), "-H 'content-type: application/json'"];
    if (byId('stream').checked) parts.push('-N', `-H 'accept: ${accept()}'`);
    if (state.token) parts.push('-H "authorization: Bearer $TOKEN"');
    byId('curl').textContent = [...parts, '-d', quoted(body().given.replace(/\s*\n\s*/g, ' '))].join(' ');
  }

  async function send() {
    const { given, wrong } = body();
    byId('request').setAttribute('aria-invalid', String(wrong !== undefined));
    clear();
    if (wrong !== undefined) {
      outcome('Not sent', 'bad');
      return explained({ error: `The request is not valid JSON: ${wrong}` });
    }
    const abort = (state.abort = new AbortController());
    busy(true);
    outcome('Waiting for the reply…');
    const began = performance.now();
    try {
      const more = headers({ 'content-type': 'application/json', accept: accept() });
      const init = { method: 'POST', body: given, headers: more, signal: abort.signal };
      const reply = await fetch(state.call.path, init);
      const body = await read(reply);
      const took = performance.now() - began;
      const size = new TextEncoder().encode(body).length;
      const facts = `${reply.status} ${reply.statusText} · ${took.toFixed(took < 10 ? 1 : 0)} ms · ${size} bytes`;
      outcome(facts, reply.ok ? 'good' : 'bad');
      finish(reply, body);
    } catch (error) {
      const cancelled = abort.signal.aborted;
      outcome(cancelled ? 'Cancelled' : `No reply: ${error.message}`, cancelled ? '' : 'bad');
    } finally {
      busy(false);
    }
  }

  /** The body; a stream is shown while it comes. */
  async function read(reply) {
    if (!reply.headers.get('content-type')?.includes('ndjson')) return reply.text();
    const place = byId('reply');
    place.hidden = false;
    let whole = '';
    const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      whole += part.value;
      place.textContent = whole;
      place.scrollTop = place.scrollHeight;
    }
    return whole;
  }

  function finish(reply, body) {
    const place = byId('reply');
    let value;
    try {
      value = JSON.parse(body);
    } catch {
      value = undefined;
    }
    place.hidden = false;
    const isAsSent = value === undefined || body.length > 200000 || /\d{16}/.test(body);
    place.textContent = isAsSent ? body : text(value);
    if (!reply.ok && value && typeof value.error === 'string') explained(value);
  }

  function explained(value) {
    const place = byId('explained');
    place.replaceChildren(element('p', value.error));
    const facts = [];
    if (value.field) facts.push(`field ${value.field}`);
    if (value.script) facts.push(`${value.script}, line ${value.line}`);
    if (value.request) facts.push(`request ${value.request} in the log`);
    if (facts.length) place.append(element('p', facts.join(' · ')));
    place.hidden = false;
  }

  function clear() {
    byId('explained').hidden = true;
    byId('reply').hidden = true;
    byId('reply').textContent = '';
  }

  function outcome(message, className = '') {
    byId('outcome').textContent = message;
    byId('outcome').className = className;
  }

  function busy(is) {
    byId('send').disabled = is;
    byId('cancel').hidden = !is;
  }

  async function copy() {
    const button = byId('copy');
    try {
      await navigator.clipboard.writeText(byId('curl').textContent);
      button.textContent = 'Copied';
    } catch {
      getSelection().selectAllChildren(byId('curl'));
      button.textContent = 'Selected: copy it';
    }
    setTimeout(() => (button.textContent = 'Copy'), 2000);
  }

  function keys(event) {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      if (!byId('send').disabled) send();
    }
  }

  byId('call').addEventListener('submit', (event) => {
    event.preventDefault();
    send();
  });
  byId('request').addEventListener('keydown', keys);
  byId('request').addEventListener('input', () => {
    state.edited.set(state.call.name, byId('request').value);
    curl();
  });
  byId('stream').addEventListener('change', curl);
  byId('cancel').addEventListener('click', () => state.abort?.abort());
  byId('copy').addEventListener('click', copy);
  byId('sample').addEventListener('click', () => {
    state.edited.delete(state.call.name);
    choose(state.call);
  });
  byId('format').addEventListener('click', () => {
    const { given, wrong } = body();
    if (wrong === undefined) byId('request').value = text(JSON.parse(given));
    else explained({ error: `The request is not valid JSON: ${wrong}` });
  });
  byId('token-form').addEventListener('submit', (event) => {
    event.preventDefault();
    state.token = byId('token').value.trim();
    load();
  });
  load();
})();
