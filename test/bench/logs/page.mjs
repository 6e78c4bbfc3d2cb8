// Runs inside the page: makes lines, delivers them as the host does, and measures. Nothing from outside is used.
export function install() {
  const bench = {
    /** Longest gap between two frames since `watch`, in ms. */
    longest: 0,
    watching: false,
    watch() {
      bench.longest = 0;
      bench.watching = true;
      let last = performance.now();
      const frame = (/** @type {number} */ _now) => {
        const now = performance.now();
        bench.longest = Math.max(bench.longest, now - last);
        last = now;
        if (bench.watching) requestAnimationFrame(frame);
      };
      requestAnimationFrame(frame);
    },
    stop() {
      bench.watching = false;
      return bench.longest;
    },
    frames: (/** @type {number} */ count) =>
      new Promise((resolve) => {
        let left = count;
        const frame = () => (--left <= 0 ? resolve(undefined) : requestAnimationFrame(frame));
        requestAnimationFrame(frame);
      }),
    /** A message as an access log has them; one in 1000 is a rare one. */
    message: (/** @type {number} */ at) =>
      at % 1000 === 7
        ? `petal_width is outside the training range: ${at}, expected 0.1 to 2.5`
        : `POST /v1/models/irisflowerclassifier:predict 200 ${(1 + (at % 90) / 10).toFixed(1)} ms rows=${at % 5}`,
    /** A batch as `toBatch` of src/protocol/logBatch.ts makes it. */
    batch(/** @type {number} */ from, /** @type {number} */ count, /** @type {number} */ start) {
      const texts = [];
      const details = [];
      const times = [];
      const textEnds = [];
      const detailEnds = [];
      const messageLengths = [];
      let levels = '';
      let [text, detail] = [0, 0];
      for (let at = from; at < from + count; at++) {
        const message = bench.message(at);
        const line = `${(0x9d20c4e1 + (at % 9973)).toString(16)}\n${message}\n`;
        const more = `{"f":{"status":200,"latency_ms":${1 + (at % 90) / 10}}}`;
        texts.push(line);
        details.push(more);
        textEnds.push((text += line.length));
        detailEnds.push((detail += more.length));
        messageLengths.push(message.length);
        times.push(start + at * 37);
        levels += at % 1000 === 7 ? 'E' : at % 50 === 3 ? 'W' : 'I';
      }
      const all = (/** @type {number} */ value) => new Array(count).fill(value);
      return {
        first: false,
        ...{ times, levels, starts: [], names: ['access', ''], loggers: all(0), servings: all(1) },
        replicas: times.map((_, at) => 2 + (at % 3)),
        ...{ text: texts.join(''), textEnds, requestLengths: all(8), messageLengths },
        ...{ details: details.join(''), detailEnds },
      };
    },
    /** Through the page's message path, structured clone included. */
    deliver(/** @type {unknown} */ data) {
      return new Promise((resolve) => {
        const { port1, port2 } = new MessageChannel();
        port2.onmessage = ({ data: message }) => {
          window.dispatchEvent(new MessageEvent('message', { data: message }));
          port2.close();
          resolve(undefined);
        };
        port1.postMessage({ kind: 'event', name: 'lines', data });
      });
    },
    async load(/** @type {number} */ lines, /** @type {number} */ each, /** @type {number} */ start) {
      let spent = 0;
      for (let from = 0; from < lines; from += each) {
        const batch = bench.batch(from, each, start);
        const since = performance.now();
        await bench.deliver(batch);
        spent += performance.now() - since;
        await new Promise((resolve) => setTimeout(resolve));
      }
      const since = performance.now();
      await bench.frames(2);
      return spent + performance.now() - since;
    },
  };
  Object.assign(window, { bench });
}
