/** Goal: operators read in the Temporal UI what is encrypted, and nobody else does. */
import { randomBytes } from 'node:crypto';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { defaultPayloadConverter } from '@temporalio/common';
import { startCodecServer } from '../../src/processes/codec-server';
import { createPayloadCodec } from '../../src/temporal/payload-codec';
import { payloadsToJson } from '../../src/temporal/payload-json';
import { payloadKeys } from '../../src/temporal/payload-keys';

const KEYS = randomBytes(32).toString('base64');
const KEY = randomBytes(32).toString('hex');
const UI = 'https://temporal.example.com';

let server: Server;
let url: string;
beforeAll(async () => {
  const config = { HOST: '127.0.0.1', TEMPORAL_PAYLOAD_KEYS: KEYS, CODEC_SERVER_KEY: KEY };
  server = await startCodecServer({ ...config, CODEC_SERVER_ORIGINS: UI }, { port: 0 });
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((closed) => server.close(closed)));

async function kept(value: unknown, keys = KEYS): Promise<string> {
  const codec = createPayloadCodec(payloadKeys(keys));
  return payloadsToJson(await codec.encode([defaultPayloadConverter.toPayload(value)]));
}

const ask = async (body: string, headers: Record<string, string>, path = '/decode') =>
  fetch(url + path, { method: 'POST', body, headers: { 'x-namespace': 'default', ...headers } });
const BEARER = { authorization: `Bearer ${KEY}` };

async function signIn(key: string, headers: Record<string, string> = {}) {
  const body = new URLSearchParams({ key });
  return fetch(`${url}/sign-in`, { method: 'POST', body, headers });
}

/** The cookie as a browser sends it, and the rules that came with it. */
async function session(): Promise<{ cookie: string; rules: string }> {
  const [cookie = '', ...rules] = String((await signIn(KEY)).headers.get('set-cookie')).split('; ');
  return { cookie, rules: rules.join('; ') };
}

const dataOf = async (response: Response) => {
  const { payloads } = (await response.json()) as { payloads: { data: string }[] };
  return Buffer.from(String(payloads[0]?.data), 'base64').toString();
};

test('the key opens it as a bearer: the command line of Temporal reads', async () => {
  const response = await ask(await kept('a reason'), BEARER);
  expect([response.status, await dataOf(response)]).toEqual([200, '"a reason"']);
});

test('what is encoded here is encrypted as our processes do it', async () => {
  const plain = payloadsToJson([defaultPayloadConverter.toPayload('by hand')]);
  const encoded = await (await ask(plain, BEARER, '/encode')).text();
  expect(Buffer.from(encoded).toString()).not.toContain(Buffer.from('by hand').toString('base64'));
  expect(await dataOf(await ask(encoded, BEARER))).toBe('"by hand"');
});

test.each([
  ['no key', {}],
  ['another key', { authorization: `Bearer ${KEY.slice(1)}0` }],
  ['the key as another scheme', { authorization: `Basic ${KEY}` }],
  ['a cookie of nobody', { cookie: 'tollkeeper_codec=9999999999.abc', origin: UI }],
])('with %s nothing is decoded', async (_case, headers) => {
  const response = await ask(await kept('a reason'), headers as Record<string, string>);
  expect([response.status, (await response.text()).includes('reason')]).toEqual([401, false]);
});

test('whoever signs in with the key reads in the UI, by a cookie that no script sees', async () => {
  const { cookie, rules } = await session();
  expect(rules).toMatch(/^HttpOnly; SameSite=Strict; Path=\/; Max-Age=\d+$/);
  expect(cookie).not.toContain(KEY);
  const response = await ask(await kept('a reason'), { cookie, origin: UI });
  expect(await dataOf(response)).toBe('"a reason"');
  expect(response.headers.get('access-control-allow-origin')).toBe(UI);
  expect(response.headers.get('access-control-allow-credentials')).toBe('true');
});

test('behind TLS the cookie is for TLS only', async () => {
  const response = await signIn(KEY, { 'x-forwarded-proto': 'https' });
  expect(response.headers.get('set-cookie')).toMatch(/; Secure$/);
});

test('another key signs nobody in', async () => {
  const response = await signIn('a guess');
  expect([response.status, response.headers.get('set-cookie')]).toEqual([401, null]);
});

test('a page of another origin gets nothing by the cookie, and may read nothing', async () => {
  const { cookie } = await session();
  const origin = 'https://evil.example';
  const response = await ask(await kept('a reason'), { cookie, origin });
  expect(response.status).toBe(401);
  expect(response.headers.get('access-control-allow-origin')).toBeNull();
});

test('a session that its holder prolongs is none', async () => {
  const { cookie } = await session();
  const prolonged = cookie.replace(/=\d/, '=9');
  expect((await ask(await kept(1), { cookie: prolonged, origin: UI })).status).toBe(401);
});

test('a browser is told before that the UI may ask', async () => {
  const headers = { origin: UI, 'access-control-request-method': 'POST' };
  const response = await fetch(`${url}/decode`, { method: 'OPTIONS', headers });
  expect(response.status).toBe(204);
  expect(response.headers.get('access-control-allow-headers')).toContain('x-namespace');
});

test.each([
  ['no JSON', '{', 400, /expected \{"payloads"/],
  ['JSON of another form', '{"payloads":{}}', 400, /expected \{"payloads"/],
  ['more than Temporal keeps', 'x'.repeat(17 * 1024 * 1024), 413, /at most/],
])('%s is refused', async (_case, body, status, message) => {
  const response = await ask(body, BEARER);
  expect([response.status, await response.text()]).toEqual([
    status,
    expect.stringMatching(message) as string,
  ]);
});

test('what was encrypted with a key that it has not is refused with its id', async () => {
  const another = randomBytes(32).toString('base64');
  const body = await kept(1, another);
  const response = await ask(body, BEARER);
  expect(response.status).toBe(422);
  expect(await response.text()).toContain(String(payloadKeys(another).encrypting));
});
