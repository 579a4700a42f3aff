/** Goal: nothing passes that a provider could read in another way than it is metered. */
import { request } from 'node:http';
import { ask } from '../../support/openai/metered-openai';
import { startProxiedOpenAI, UPSTREAM_KEY } from '../../support/openai/proxied-openai';
import type { ProxiedOpenAI, ProxyCase } from '../../support/openai/proxied-openai';

let at: ProxiedOpenAI;
afterEach(() => at.end());
const start = async (change: ProxyCase = {}) => {
  at = await startProxiedOpenAI(change);
};

interface Sent {
  readonly method?: string;
  readonly type?: string | null;
  readonly body?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

/** As `fetch` would not, which tidies paths and types up. */
function send(path: string, { method = 'POST', type, body = '', headers }: Sent = {}) {
  const key = { authorization: `Bearer ${at.openai.apiKey}`, ...headers };
  const own = type === null ? key : { ...key, 'content-type': type ?? 'application/json' };
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const call = request(
      at.api.url,
      { path: `/openai/v1${path}`, method, headers: own },
      (answer) => {
        let text = '';
        answer.on('data', (chunk) => (text += String(chunk)));
        answer.on('end', () => resolve({ status: Number(answer.statusCode), text }));
      },
    );
    call.on('error', reject).end(body);
  });
}

const CHAT = '{"model":"m","messages":[{"role":"user","content":"x"}],"stream":true';
const deep = '['.repeat(20_000) + ']'.repeat(20_000);
const UTF16 = Buffer.from(`\ufeff${CHAT}}`, 'utf16le');

test('a body that a provider could read otherwise is 400, and goes nowhere', async () => {
  await start();
  const bodies: [string, string | Buffer][] = [
    ['NaN', `${CHAT},"x":NaN}`],
    ['Infinity', `${CHAT},"temperature":Infinity}`],
    ['a byte order mark', `\ufeff${CHAT}}`],
    ['UTF-16', UTF16],
    [
      'bytes that are no UTF-8',
      Buffer.concat([Buffer.from(CHAT), Buffer.from([0xff]), Buffer.from('}')]),
    ],
    ['an array', `[${CHAT}}]`],
    ['nothing', ''],
    ['a name twice', `${CHAT},"model":"dear"}`],
    ['a name twice, once escaped', `${CHAT},"\\u0073tream":false}`],
    [
      'a name twice in its options',
      `${CHAT},"stream_options":{"include_usage":true,"include_usage":false}}`,
    ],
    ['a name in another case', `${CHAT},"Model":"dear"}`],
    ['a stream that is 1', '{"model":"m","messages":[],"stream":1}'],
    ['a stream that is text', '{"model":"m","messages":[],"stream":"true"}'],
    ['options that are none', `${CHAT},"stream_options":[]}`],
    ['a model that is no name', '{"model":"a\\u0000b","messages":[]}'],
    ['half an emoji as its model', '{"model":"\\ud83d","messages":[]}'],
    ['20,000 levels', `${CHAT},"x":${deep}}`],
  ];
  for (const [what, body] of bodies) {
    const { status, text } = await send('/chat/completions', { body });
    expect([what, status, text]).toEqual([what, 400, expect.stringContaining('invalid_request')]);
  }
  for (const type of [
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=a',
    'application/json; charset=utf-16',
    'application/octet-stream',
  ])
    expect([type, (await send('/chat/completions', { type, body: `${CHAT}}` })).status]).toEqual([
      ...[type, 400],
    ]);
  expect(at.provider.asked).toEqual([]);
});

test('a body that every reader reads alike passes as it is, whatever else is in it', async () => {
  await start();
  const body = `  ${CHAT},"metadata":{"Model":"a","model":"b \\\\\\" {","x":[{"a":1},{"a":2}]},"seed":1e2}`;
  for (const type of ['application/json', 'application/json; charset="UTF-8"', null])
    expect((await send('/chat/completions', { type, body })).status).toBe(200);
  expect(at.provider.texts[0]?.trimStart()).toBe(
    `{"stream_options":{"include_usage":true},${body.trimStart().slice(1)}`,
  );
  expect(await at.ledger(3)).toHaveLength(3);
});

test('numbers and text that JavaScript can’t hold stay as they are, also where options are changed', async () => {
  await start();
  const odd = '"seed":12345678901234567890,"x":[1e400,-0,1E5,0.1000],"user":"\\ud83d"';
  for (const options of ['{"include_usage":false,"a":1}', 'null', '{}']) {
    const body = `${CHAT},"stream_options":${options},${odd}}`;
    expect((await send('/chat/completions', { body })).status).toBe(200);
    const kept = options.includes('a') ? '"a":1' : '';
    const asked = at.provider.texts.at(-1) ?? '';
    expect(asked).toContain(odd);
    expect(asked).toMatch(/"stream_options":\{"include_usage":true[^}]*\}/);
    expect(asked).toContain(kept);
  }
  expect(await at.ledger(3)).toHaveLength(3);
});

const part = (name: string, value: string) =>
  `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
const sound =
  '--b\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n' +
  `Content-Type: audio/wav\r\n\r\n${'noise\n'.repeat(50_000)}\r\n`;

test.each<[string, string, Record<string, string>, number]>([
  ['two models', part('model', 'cheap') + sound + part('model', 'dear'), {}, 400],
  ['a model in another case', sound + part('Model', 'dear'), {}, 400],
  ['lines that end in two ways', sound + part('x', 'y\n--b\nmodel') + part('model', 'a'), {}, 400],
  ['compression', sound + part('model', 'a'), { 'content-encoding': 'gzip' }, 415],
])('an upload with %s is refused, and the provider has none of it whole', async (...given) => {
  const [, parts, headers, expected] = given;
  await start();
  const type = 'multipart/form-data; boundary=b';
  const upload = { type, body: `${parts}--b--\r\n`, headers };
  expect((await send('/audio/transcriptions', upload)).status).toBe(expected);
  expect(at.provider.asked).toEqual([]);
  // The connection and the proxy are as good as before.
  const good = { type, body: `${sound}${part('model', 'whisper')}--b--\r\n` };
  expect((await send('/audio/transcriptions', good)).status).toBe(200);
  expect(await at.ledger(1)).toMatchObject([{ model: 'whisper' }]);
});

test('of the operator’s account only calls that are metered are made, and models listed', async () => {
  await start();
  await at.openai.models.list();
  const refused: [string, string][] = [
    ...(['GET /files', 'DELETE /files/file-1', 'GET /batches', 'DELETE /batches'] as const),
    ...(['POST /fine_tuning/jobs', 'GET /organization/admin_api_keys', 'POST /threads'] as const),
    ...(['DELETE /models/ft-1', 'POST /responses/resp_1/cancel', 'GET /models/a/b'] as const),
  ].map((each) => each.split(' ') as [string, string]);
  for (const [method, path] of refused) {
    const { status, text } = await send(path, { method, body: method === 'POST' ? '{}' : '' });
    expect([method, path, status, text]).toEqual([
      ...[method, path, 403],
      expect.stringContaining('forbidden'),
    ]);
  }
  expect(at.provider.asked.map(({ path }) => path)).toEqual(['/v1/models']);
});

test.each<[string, ProxyCase]>([
  ['where the operator says so', { passesAll: true }],
  ['where each caller has a key of its own', { upstreamKey: null }],
])('what is no call of a model passes %s, but for the account', async (_where, change) => {
  await start(change);
  const secret = 'sk-of-ada-at-the-provider';
  const client = at.client(await at.keyOf('ada', ['proxy'], secret));
  await client.files.delete('file-1');
  expect(at.provider.asked.map(({ path }) => path)).toEqual(['/v1/files/file-1']);
  const failure = client.get('/organization/users').catch((error: unknown) => error);
  expect(await failure).toMatchObject({ status: 403 });
  expect(at.provider.asked).toHaveLength(1);
});

test('only models that the catalog knows pass where the operator says so', async () => {
  await start({ knownModelsOnly: true });
  const unknown = await send('/chat/completions', {
    body: JSON.stringify({ ...ask('x'), model: 'gpt-6-preview' }),
  });
  expect([unknown.status, unknown.text]).toEqual([403, expect.stringContaining('gpt-6-preview')]);
  const passing = await send('/chat/completions', {
    body: JSON.stringify({ ...ask('x'), model: 'gpt-4o-mini' }),
  });
  expect([passing.status, at.provider.asked.length]).toEqual([200, 1]);
});

test.each([
  '/chat/completions;x',
  '/chat/completions;x=1',
  '/chat/completions%3f',
  '/chat/completions%3Fa',
  '/chat;a/completions',
])('a path that some read otherwise is refused: %s', async (path) => {
  await start({ passesAll: true });
  expect((await send(path, { body: JSON.stringify(ask('x')) })).status).toBe(422);
  expect(at.provider.asked).toEqual([]);
});

test('the account of the operator’s that pays is chosen by no caller', async () => {
  await start();
  const headers = { 'openai-organization': 'org-other', 'openai-project': 'proj-other' };
  expect(
    (await send('/chat/completions', { body: JSON.stringify(ask('x')), headers })).status,
  ).toBe(200);
  const [sent] = at.provider.headers;
  expect(sent).toMatchObject({ authorization: `Bearer ${UPSTREAM_KEY}` });
  expect(JSON.stringify(sent)).not.toMatch(/org-other|proj-other/);
});
