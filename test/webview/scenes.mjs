// The states that are drawn and measured.

const REPLY = {
  status: 200,
  statusText: 'OK',
  headers: { 'content-type': 'application/json', 'x-request-id': 'e8d11a04' },
  body: '{"predictions": [0, 1, 2]}',
  bytes: 25,
  latencyMs: 2.1,
  requestId: 'e8d11a04',
};

/** Sends the request of the page and answers it. */
export async function answer(page, reply = REPLY) {
  await page.getByRole('button', { name: 'Send' }).click();
  await page.evaluate((result) => {
    const { id } = window.stub.sent.findLast((message) => message.kind === 'request' && message.name === 'predict');
    window.stub.deliver({ kind: 'result', id, result });
  }, reply);
  await page
    .getByRole('status')
    .filter({ hasText: String(reply.status) })
    .waitFor();
}

export function shotsOf(host) {
  const now = Date.now();
  return host.FIXTURE_NAMES.map((name) => ({
    name: `serving-${name}`,
    panel: 'serving',
    full: true,
    events: [['view', host.toServingView(host.facts(name, now))]],
    then: name === 'running' ? (page) => answer(page) : undefined,
  }));
}
