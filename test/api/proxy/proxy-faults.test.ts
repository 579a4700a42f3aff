/** Goal: through the proxy nobody calls for another, and no outage costs a call or a token. */
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import OpenAI from 'openai';
import { startTestApi } from '../../support/api/api';
import { eventually } from '../../support/stack/eventually';
import { ask, asBilled, billedBy, drain } from '../../support/openai/metered-openai';
import { startProxiedOpenAI } from '../../support/openai/proxied-openai';
import type { ProxiedOpenAI, ProxyCase } from '../../support/openai/proxied-openai';

let at: ProxiedOpenAI;
const start = async (change?: ProxyCase) => (at = await startProxiedOpenAI(change));

afterEach(() => at.end());

const failureOf = (openai: OpenAI) =>
  openai.chat.completions.create(ask('hello')).then(
    () => undefined,
    (error: unknown) => error,
  );

describe('who calls', () => {
  beforeEach(() => start());

  test('with a key that is not known is told so in the words of the client', async () => {
    const error = await failureOf(at.client('tk_nobody'));
    expect(error).toBeInstanceOf(OpenAI.AuthenticationError);
    expect(error).toMatchObject({ status: 401, code: 'invalid_api_key' });
  });

  test.each([
    ['read and ingest only', () => at.keyOf('ada', ['read', 'ingest'])],
    ['admin', async () => at.api.keys.admin],
  ])('needs the scope proxy: %s is refused', async (_what, keyOf) => {
    const error = await failureOf(at.client(await keyOf()));
    expect(error).toBeInstanceOf(OpenAI.PermissionDeniedError);
    expect(error).toMatchObject({ status: 403, code: 'forbidden', type: 'invalid_request_error' });
    expect(at.provider.asked).toEqual([]);
  });

  test('pays by itself, whatever it says of others', async () => {
    await at.api.addCustomer('bob');
    const bobs = at.client(await at.keyOf('bob'));
    const headers = { 'x-tollkeeper-customer': 'ada' };
    await bobs.chat.completions.create({ ...ask('for bob'), user: 'ada' }, { headers });
    await at.openai.chat.completions.create(ask('for ada'));
    const billed = [...at.provider.bill.values()];
    const events = await at.ledger(2);
    const payerOf = (text: string) => {
      const call = billed.find(({ conversation }) => conversation.includes(text));
      return events.find(({ metadata }) => metadata.responseId === call?.id)?.customer;
    };
    expect([payerOf('for bob'), payerOf('for ada')]).toEqual(['bob', 'ada']);
  });

  test('is served when unpaid and throttled, and not once the subscription has ended', async () => {
    const become = (status: string) =>
      at.api.pool.query(
        `update customers set billing_status = $1, dunning_access = 'throttled'
          where customer = 'ada'`,
        [status],
      );
    const fresh = async () => at.client(await at.keyOf('ada'));
    await become('past_due');
    await (await fresh()).chat.completions.create(ask('still'));
    await become('ended');
    expect(await failureOf(await fresh())).toMatchObject({
      status: 403,
      code: 'subscription_ended',
    });
    expect(at.provider.asked).toHaveLength(1);
    await at.ledger(1);
  });
});

describe('without a key of the operator', () => {
  beforeEach(() => start({ upstreamKey: null }));

  test("the app's own, registered by its hash, goes on and names the customer", async () => {
    const own = 'sk-proj-of-an-app-since-long-ago';
    await at.keyOf('ada', ['proxy'], own);
    await at.client(own).chat.completions.create(ask('as before'));
    expect(at.provider.headers[0]?.authorization).toBe(`Bearer ${own}`);
    expect(await at.ledger(1)).toMatchObject([{ customer: 'ada' }]);
    expect(at.logged()).not.toContain(own);
  });

  test('one that we made is kept from the provider', async () => {
    expect(await failureOf(at.openai)).toMatchObject({ status: 403, code: 'forbidden' });
    expect(at.provider.headers).toEqual([]);
  });
});

test('without an upstream it is off, and says how to turn it on', async () => {
  await start();
  const api = await startTestApi();
  const response = await api.request('/openai/v1/models', { key: api.keys.read });
  expect(response.status).toBe(404);
  expect(await response.json()).toMatchObject({
    code: 'openai_proxy_off',
    detail: expect.stringContaining('OPENAI_UPSTREAM_URL'),
  });
  await api.close();
});

test('a provider that is away is a 502, and the app may try again', async () => {
  await start({ upstreamUrl: 'http://127.0.0.1:9/v1' });
  const error = await failureOf(at.openai);
  expect(error).toBeInstanceOf(OpenAI.InternalServerError);
  expect(error).toMatchObject({ status: 502, code: 'upstream_unreachable', type: 'server_error' });
});

describe('while the database is away', () => {
  beforeEach(() => start());

  async function callDuringOutage() {
    await at.openai.chat.completions.create(ask('before'));
    // What reads the metrics has read them before: its key is known.
    await spooled();
    await at.database.shut();
    await at.openai.chat.completions.create(ask('during'));
    await drain(await at.openai.chat.completions.create({ ...ask('streamed'), stream: true }));
  }

  test('calls go on, and all are in the ledger once it is back, as they were billed', async () => {
    await callDuringOutage();
    await at.database.open();
    await at.openai.chat.completions.create(ask('after'));
    const events = await at.ledger(4);
    expect(events.map(asBilled)).toEqual(expect.arrayContaining(billedBy(at.provider)));
    expect(events).toHaveLength(4);
    await eventually(spooled, (waiting) => waiting === 0);
  });

  test('what was answered is on the disk: a process after a crash records it, once', async () => {
    await callDuringOutage();
    const left = await mkdtemp(join(tmpdir(), 'tollkeeper-crash-'));
    await cp(at.spool, left, { recursive: true });
    await rm(join(left, 'lock'));
    expect(await spooled()).toBeGreaterThanOrEqual(2);
    const next = await startTestApi({
      pool: at.api.pool,
      config: {
        STRIPE_WEBHOOK_SECRET: 'whsec_test',
        OPENAI_UPSTREAM_URL: at.provider.url,
        OPENAI_SPOOL_DIRECTORY: left,
      },
    });
    expect(await at.ledger(3)).toHaveLength(3);
    await at.database.open();
    await eventually(spooled, (waiting) => waiting === 0);
    expect(await at.ledger(3)).toHaveLength(3);
    await next.close();
    await rm(left, { recursive: true });
  });

  test('a key that was never seen is not let through', async () => {
    const key = await at.keyOf('ada');
    await at.database.shut();
    expect(await failureOf(at.client(key))).toMatchObject({ status: 503 });
    await at.database.open();
  });
});

/** As an operator sees it. */
async function spooled(): Promise<number> {
  const text = await (await at.api.request('/metrics', { key: at.api.keys.read })).text();
  return Number(/^tollkeeper_openai_spooled_usage_events (\d+)$/m.exec(text)?.[1]);
}

test('a plain answer that its caller no longer waits for is recorded: it is made', async () => {
  await start();
  const body = JSON.stringify({ ...ask('words 60000'), model: 'm' });
  const headers = { authorization: `Bearer ${at.openai.apiKey}` };
  await new Promise<void>((gone) => {
    const url = `${at.openai.baseURL}/chat/completions`;
    const call = request(url, { method: 'POST', headers }, (answer) => {
      answer.once('data', () => {
        call.destroy();
        gone();
      });
    });
    call.on('error', () => undefined).end(body);
  });
  const [event] = await at.ledger(1);
  expect(event).toMatchObject({ tokens: { output: 60_000 } });
  expect(event?.metadata).not.toHaveProperty('estimated');
});

test('a stream under way when the API stops is recorded by an estimate', async () => {
  await start();
  const endless = { ...ask('slowly words 4000'), stream: true } as const;
  const stream = await at.openai.chat.completions.create(endless);
  const iterator = stream[Symbol.asyncIterator]();
  await iterator.next();
  await at.api.stop();
  await expect(drain({ [Symbol.asyncIterator]: () => iterator })).rejects.toThrow();
  const [event] = await at.ledger(1);
  expect(event).toMatchObject({ metadata: { estimated: 'true' } });
  expect((await readdir(at.spool)).filter((name) => name === 'lock')).toEqual([]);
});

test('a caller that reads nothing does not keep the API from stopping', async () => {
  await start();
  const url = `${at.openai.baseURL}/chat/completions`;
  const headers = { authorization: `Bearer ${at.openai.apiKey}` };
  const answered = new Promise<void>((resolve) => {
    const call = request(url, { method: 'POST', headers }, (answer) => {
      answer.pause();
      resolve();
    });
    call.on('error', () => undefined);
    call.end(JSON.stringify({ ...ask('words 100000'), stream: true }));
  });
  await answered;
  await at.api.stop();
  expect(await at.ledger(1)).toMatchObject([{ metadata: { estimated: 'true' } }]);
});

test("a customer on a test clock is billed in the clock's time", async () => {
  await start();
  const clock = new Date('2027-03-01T00:00:00Z');
  at.api.clocks.set('clock_1', clock);
  await at.api.addCustomer('timed', 'clock_1');
  await at.client(await at.keyOf('timed')).chat.completions.create(ask('hello'));
  await at.ledger(1);
  const { rows } = await at.api.pool.query('select occurred_at from usage_events');
  expect(rows).toEqual([{ occurred_at: clock }]);
});
