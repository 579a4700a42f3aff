/** Goal: an app of Anthropic's client changes its base URL only, and is billed as it was served. */
import Anthropic from '@anthropic-ai/sdk';
import { drain } from '../../support/openai/metered-openai';
import { startProxiedOpenAI } from '../../support/openai/proxied-openai';
import type { ProxiedOpenAI } from '../../support/openai/proxied-openai';
import { answerCases } from '../../support/providers/answer-cases';
import type { AnswerCase } from '../../support/providers/answer-cases';
import { startAnswerServer } from '../../support/providers/answer-server';
import type { AnswerServer } from '../../support/providers/answer-server';
import { startTestApi } from '../../support/api/api';

const KEY = 'sk-ant-of-the-operator';
let at: ProxiedOpenAI;
let server: AnswerServer;
/** The customer's key. */
let key: string;
let claude: Anthropic;

async function start(operatorsKey: string | undefined = KEY): Promise<void> {
  server = await startAnswerServer();
  const ANTHROPIC_UPSTREAM_URL = `${server.url}/v1`;
  const keys = operatorsKey === '' ? {} : { ANTHROPIC_UPSTREAM_API_KEY: operatorsKey };
  at = await startProxiedOpenAI({ config: { ANTHROPIC_UPSTREAM_URL, ...keys } });
  key = await at.keyOf('ada');
  claude = at.anthropic(key);
}

afterEach(async () => {
  await at.end();
  await server.close();
});

const caseOf = (name: string): AnswerCase =>
  answerCases().find(([each]) => each === `anthropic.json: ${name}`)?.[1] as AnswerCase;
const PLAIN = caseOf('caches are beside the input');
const STREAMED = caseOf('a stream tells the input first and the output last');
const ASKED = {
  model: 'claude-haiku-4-5',
  max_tokens: 100,
  messages: [{ role: 'user' as const, content: 'A secret question' }],
};
/** Its clients of before 2026 have the key there. */
const postWith = (headers: Record<string, string>) =>
  fetch(`${claude.baseURL}/v1/messages`, {
    ...{ method: 'POST', body: JSON.stringify(ASKED) },
    headers: { 'content-type': 'application/json', ...headers },
  });
const failureOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => 'none',
    (error: unknown) => error,
  );

describe('with a key of the operator', () => {
  beforeEach(() => start());

  test('a message, and one as a stream, are in the ledger as they were told', async () => {
    server.play(PLAIN);
    const { id } = await claude.messages.create(ASKED);
    const [plain] = await at.ledger(1);
    expect(plain).toMatchObject({
      ...{ customer: 'ada', model: 'claude-haiku-4-5', tokens: PLAIN.expected.tokens },
      metadata: { endpoint: 'messages', responseId: id },
    });
    server.play(STREAMED);
    const events = await drain(await claude.messages.create({ ...ASKED, stream: true }));
    expect(events.map(({ type }) => type)).toContain('message_stop');
    const [, streamed] = await at.ledger(2);
    expect(streamed?.tokens).toMatchObject(STREAMED.expected.tokens ?? {});
    expect(streamed?.metadata).not.toHaveProperty('estimated');
  });

  test('a stream that the app aborts is recorded by an estimate that says so', async () => {
    const left = caseOf('a stream that is left has its input as told and its output estimated');
    server.play(left);
    const stream = await claude.messages.create({ ...ASKED, stream: true });
    let seen = 0;
    for await (const event of stream) if ((seen += event ? 1 : 0) === left.leftAfter) break;
    server.leave();
    expect(await at.ledger(1)).toMatchObject([
      { tokens: left.expected.tokens, metadata: { estimated: 'true' } },
    ]);
  });

  test('its key goes to the provider where that looks for it, and nothing of ours', async () => {
    server.play(PLAIN);
    const headers = { 'anthropic-beta': 'a-beta', cookie: 'session=1', 'x-mine': key };
    await claude.messages.create(ASKED, { headers });
    await postWith({ 'x-api-key': key, 'anthropic-version': '2023-06-01' });
    await at.ledger(2);
    for (const { path, headers } of server.asked) {
      expect([path, headers['x-api-key']]).toEqual(['/v1/messages', KEY]);
      expect(headers).not.toHaveProperty('authorization');
    }
    const [byClient, byHand] = server.asked.map(({ headers }) => headers);
    expect(byClient).toMatchObject({
      ...{ 'anthropic-beta': 'a-beta', 'anthropic-version': expect.stringMatching(/^20/) },
    });
    expect(byClient).not.toHaveProperty('cookie');
    expect(byHand).toMatchObject({ 'anthropic-version': '2023-06-01' });
    expect(JSON.stringify(server.asked)).not.toContain(key);
    expect(at.logged()).not.toMatch(/A secret question|tk_|sk-ant/);
  });

  test('tokens are counted and models are listed, for nothing', async () => {
    server.play({ ...PLAIN, answer: { input_tokens: 12 } });
    const { model, messages } = ASKED;
    expect(await claude.messages.countTokens({ model, messages })).toMatchObject({
      input_tokens: 12,
    });
    server.play({ ...PLAIN, answer: { data: [], has_more: false } });
    await claude.models.list();
    server.play(PLAIN);
    await claude.messages.create(ASKED);
    expect(await at.ledger(1)).toHaveLength(1);
  });

  test.each([
    ['GET', '/v1/messages/batches'],
    ['GET', '/v1/files'],
    ['POST', '/v1/complete'],
    ['POST', '/v1/skills'],
    ['GET', '/v1/organizations/api_keys'],
    ['POST', '/v1/messages/count_tokens/x'],
  ] as const)('what is not metered is refused: %s %s', async (method, path) => {
    const call = method === 'GET' ? claude.get(path) : claude.post(path, { body: {} });
    const error = await failureOf(call);
    expect(error).toBeInstanceOf(Anthropic.PermissionDeniedError);
    expect(error).toMatchObject({
      status: 403,
      error: { type: 'error', error: { type: 'permission_error', code: 'forbidden' } },
    });
    expect(server.asked).toEqual([]);
  });

  test('our own errors are those that its client knows', async () => {
    const unknown = await failureOf(at.anthropic('tk_none').messages.create(ASKED));
    expect(unknown).toBeInstanceOf(Anthropic.AuthenticationError);
    const body = { ...ASKED, stream: 'yes' } as unknown as typeof ASKED;
    const unreadable = await failureOf(claude.messages.create(body));
    expect(unreadable).toBeInstanceOf(Anthropic.BadRequestError);
    expect(unreadable).toMatchObject({ error: { error: { type: 'invalid_request_error' } } });
    await at.api.pool.query("update customers set billing_status = 'ended'");
    const ended = await failureOf(at.anthropic(await at.keyOf('ada')).messages.create(ASKED));
    expect(ended).toMatchObject({ status: 403, error: { error: { code: 'subscription_ended' } } });
    expect(server.asked).toEqual([]);
  });

  test('errors of the provider reach the app untouched', async () => {
    const refused = caseOf('a refused call is not recorded');
    server.play(refused);
    expect(await failureOf(claude.messages.create(ASKED))).toMatchObject({
      ...{ status: refused.error?.status, error: refused.error?.body },
    });
  });
});

test("an app's own key, registered by its hash, goes on in the header that it came in", async () => {
  await start('');
  const own = 'sk-ant-api03-of-an-app';
  await at.keyOf('ada', ['proxy'], own);
  server.play(PLAIN);
  await at.anthropic(own).messages.create(ASKED);
  await postWith({ 'x-api-key': own });
  await at.ledger(2);
  const [byToken, byKey] = server.asked.map(({ headers }) => headers);
  expect(byKey).toMatchObject({ 'x-api-key': own });
  expect(byKey).not.toHaveProperty('authorization');
  expect(byToken).toMatchObject({ authorization: `Bearer ${own}` });
  expect(byToken).not.toHaveProperty('x-api-key');
  expect(await failureOf(claude.messages.create(ASKED))).toMatchObject({
    ...{ status: 403, message: expect.stringContaining('ANTHROPIC_UPSTREAM_API_KEY') },
  });
});

test('without an upstream it is off, and says how to turn it on', async () => {
  await start();
  const api = await startTestApi();
  const response = await api.request('/anthropic/v1/messages', { method: 'POST' });
  expect(response.status).toBe(404);
  expect(await response.json()).toMatchObject({
    ...{ code: 'not_found', detail: expect.stringContaining('ANTHROPIC_UPSTREAM_URL') },
  });
  await api.close();
});
