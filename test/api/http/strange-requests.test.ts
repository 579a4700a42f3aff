/**
 * Every operation of the OpenAPI document, asked in ways that only a stranger would: ids that
 * nobody can have, methods that a path has not, two hosts. The answer is a refusal with a reason,
 * and kept by nobody on the way.
 */
import { connect } from 'node:net';
import Ajv2020 from 'ajv/dist/2020';
import type { TestApi } from '../../support/api/api';
import { toldRefusal } from '../../support/api/told-refusal';
import { startTestApi } from '../../support/api/api';

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}
interface Operation {
  readonly responses: Readonly<Record<string, unknown>>;
  readonly parameters?: readonly { readonly name: string; readonly schema: object }[];
}

let api: TestApi;
let document: Document;
/** It is ada's, with every right. */
let customerToken: string;
beforeAll(async () => {
  api = await startTestApi();
  await api.addCustomer('ada');
  const made = await api.request('/v1/customers/ada/token', {
    ...{ method: 'POST', key: api.keys.admin },
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ allow: ['plan', 'card', 'invoices'] }),
  });
  customerToken = ((await made.json()) as { token: string }).token;
  document = (await (await fetch(`${api.url}/openapi.json`)).json()) as Document;
}, 60_000);
afterAll(() => api.close());

const operations = () =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      ...{ path, method: method.toUpperCase(), operation },
    })),
  );

async function ask(method: string, path: string, headers: Record<string, string> = {}) {
  const response = await api.request(path, {
    ...{ method, key: path.startsWith('/v1/me/') ? customerToken : api.keys.admin },
    headers: { ...headers, ...(method !== 'GET' && { 'content-type': 'application/json' }) },
    ...(method !== 'GET' && method !== 'DELETE' && { body: '{}' }),
  });
  // A live page goes on for as long as somebody looks.
  if (response.status < 400) await response.body?.cancel();
  const { code } = response.ok ? { code: undefined } : toldRefusal(await response.text());
  return { status: response.status, code, headers: response.headers };
}

const ODD_IDS = [
  '%00',
  'a%00',
  '%ED%A0%80',
  '%FF',
  '%0A',
  '%20',
  '..%2Fada',
  'a%2Fb',
  '%F0%9F%98%80',
];

test.each(ODD_IDS)('an id of %s is refused by every route that takes one', async (id) => {
  const taking = operations().filter(({ path }) => path.includes('{'));
  expect(taking.length).toBeGreaterThan(15);
  for (const { path, method } of taking) {
    const { status, code } = await ask(method, path.replace(/\{\w+\}/, id));
    expect([method, path, status, code]).toEqual([method, path, 422, 'invalid_request']);
  }
});

test.each(['%00', 'soon', '2026', '2026-13-01', '2026-01-01%00', 'current&period=previous'])(
  'a period of %s is refused by every route that takes one',
  async (period) => {
    const taking = operations().filter(({ operation }) =>
      operation.parameters?.some(({ name }) => name === 'period'),
    );
    expect(taking.length).toBeGreaterThan(1);
    for (const { path, method } of taking) {
      const asked = `${path.replace('{customer}', 'ada')}?period=${period}`;
      const { status, code } = await ask(method, asked);
      expect([asked, status, code]).toEqual([asked, 422, 'invalid_request']);
    }
  },
);

test('a method that a path has not is told, with those that it has', async () => {
  for (const path of Object.keys(document.paths)) {
    const methods = Object.keys(document.paths[path] ?? {}).map((method) => method.toUpperCase());
    const place = path.replace('{customer}', 'ada').replace('{vendor}', 'acme');
    const foreign = ['PATCH', 'PUT', 'DELETE', 'POST'].filter((one) => !methods.includes(one));
    for (const method of foreign) {
      const { status, code, headers } = await ask(method, place);
      expect([method, place, status, code]).toEqual([method, place, 405, 'method_not_allowed']);
      expect(headers.get('allow')).toBe(methods.join(', '));
    }
  }
  expect(await ask('POST', '/v1/nothing')).toMatchObject({ status: 404, code: 'not_found' });
});

test.each(['/v1/usage?', '/v1/usage?a=b', '/v1/usage/', '/api/v1/events?a=b', '/api/v1/events/'])(
  'usage is taken at %s, as any other route is that has a query',
  async (path) => {
    const { status, code } = await ask('POST', path);
    expect([path, status, code]).not.toEqual([path, 405, 'method_not_allowed']);
    expect([400, 422]).toContain(status);
  },
);

test('a body that is compressed in a way of its own, or too large, is refused as documented', async () => {
  const taking = operations().filter(({ operation }) => 'requestBody' in operation);
  expect(taking.length).toBeGreaterThan(8);
  for (const { path, method, operation } of taking) {
    const place = path.replace('{customer}', 'ada').replace('{vendor}', 'acme');
    const { status, code } = await ask(method, place, { 'content-encoding': 'of-its-own' });
    expect([path, status, code]).toEqual([path, 415, 'unsupported_media_type']);
    expect([path, Object.keys(operation.responses)]).toEqual([
      path,
      expect.arrayContaining(['413', '415']),
    ]);
  }
});

test('a TRACE of a path that is there is 405', async () => {
  expect(await raw('TRACE /v1/usage HTTP/1.1\r\nHost: a')).toMatch(/^HTTP\/1.1 405 /);
});

test('a request with two hosts is refused, whichever route it is for', async () => {
  for (const path of ['/healthz', '/v1/usage', '/v1/customers/ada', '/openai/v1/models']) {
    const answer = await raw(`GET ${path} HTTP/1.1\r\nHost: a\r\nHOST: b`);
    expect(answer).toMatch(/^HTTP\/1.1 400 [^]*invalid_request/);
  }
  expect(await raw('GET /healthz HTTP/1.1\r\nHost: a')).toMatch(/^HTTP\/1.1 200 /);
});

test('every operation may answer 500, and nobody keeps an answer', async () => {
  for (const { path, method, operation } of operations()) {
    expect([path, Object.keys(operation.responses)]).toEqual([
      path,
      expect.arrayContaining(['500']),
    ]);
    const { headers } = await ask(method, path.replace('{customer}', 'ada'));
    const kept = headers.get('cache-control')?.split(', ');
    expect([method, path, kept]).toEqual([method, path, expect.arrayContaining(['no-store'])]);
  }
  for (const path of ['/healthz', '/readyz', '/openapi.json', '/nothing'])
    expect([path, (await ask('GET', path)).headers.get('cache-control')]).toEqual([
      ...[path, 'no-store'],
    ]);
});

test.each([
  ['GrantRequest', { id: 'a', tokens: 1, reason: '   ' }],
  ['GrantRequest', { id: 'a', tokens: 1, reason: 'a\u0000b' }],
  ['CustomerRequest', { email: 'a@example.com', name: ' ' }],
  ['CustomerRequest', { email: `${'a'.repeat(65)}@example.com` }],
  ['UsageEvent', { id: 'a\u0007', customer: 'ada', model: 'm', tokens: { input: 1 } }],
  [
    'UsageCloudEvent',
    {
      ...{ specversion: '1.0', id: 'a', source: 's', type: 't', subject: 'ada' },
      data: { model: 'm', vendor: '', tokens: { input: 1 } },
    },
  ],
])('%s is told not to take %j, which is refused', (name, bad) => {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema(document, 'openapi');
  expect(ajv.compile({ $ref: `openapi#/components/schemas/${name}` })(bad)).toBe(false);
});

test('a preview refuses an Idempotency-Key that is none', async () => {
  const response = await api.request('/v1/customers/ada/plan', {
    ...{ method: 'POST', key: api.keys.admin, body: '{"plan":"pro","preview":true}' },
    headers: { 'content-type': 'application/json', 'idempotency-key': 'a b' },
  });
  expect(response.status).toBe(422);
  expect(await response.text()).toContain('Idempotency-Key');
});

test('of the page for people only what it loads is served', async () => {
  for (const name of [
    'package.json',
    'swagger-ui.css.map',
    'index.html',
    'README.md',
    'absolute-path.js',
  ])
    expect([name, (await fetch(`${api.url}/docs/${name}`)).status]).toEqual([name, 404]);
});

/** What a client of our own would never send. */
function raw(head: string): Promise<string> {
  const { hostname, port } = new URL(api.url);
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(Number(port), hostname, () => {
      socket.write(`${head}\r\nConnection: close\r\n\r\n`);
    });
    socket.on('data', (chunk) => (answer += String(chunk)));
    socket.on('end', () => resolve(answer));
    socket.on('error', reject);
  });
}
