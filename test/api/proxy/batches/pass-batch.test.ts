/** Goal: a batch is billed to who made it, each answer once, as its results are read. */
import { request } from 'node:http';
import type Anthropic from '@anthropic-ai/sdk';
import type OpenAI from 'openai';
import { toFile } from 'openai';
import { startProxiedOpenAI } from '../../../support/openai/proxied-openai';
import type { ProxiedOpenAI, ProxyCase } from '../../../support/openai/proxied-openai';
import { countsOf, startBatchServer } from '../../../support/providers/batch-server';
import type { BatchServer } from '../../../support/providers/batch-server';

let at: ProxiedOpenAI;
let provider: BatchServer;
let bobs: OpenAI;
let claude: Anthropic;

async function start(change: ProxyCase = {}): Promise<void> {
  provider = await startBatchServer();
  const ANTHROPIC_UPSTREAM_URL = provider.url;
  const config = { ANTHROPIC_UPSTREAM_URL, ANTHROPIC_UPSTREAM_API_KEY: 'sk', ...change.config };
  at = await startProxiedOpenAI({ upstreamUrl: provider.url, ...change, config });
  await at.api.addCustomer('bob');
  bobs = at.client(await at.keyOf('bob'));
  claude = at.anthropic(String(at.openai.apiKey));
}

afterEach(async () => {
  await at.end();
  await provider.close();
});

interface Line {
  readonly custom_id: string;
  readonly method: string;
  readonly url: string;
  readonly body: Readonly<Record<string, unknown>>;
}

const aLine = (name: string, body: object = {}, more: Partial<Line> = {}): Line => ({
  ...{ custom_id: name, method: 'POST', url: '/v1/chat/completions' },
  body: { model: 'gpt-4o-mini', messages: [{ role: 'user', content: name }], ...body },
  ...more,
});
const asFile = (lines: readonly (Line | string)[]) =>
  toFile(
    Buffer.from(lines.map((l) => (typeof l === 'string' ? l : JSON.stringify(l))).join('\n')),
    'requests.jsonl',
  );

const upload = async (client: OpenAI, lines: readonly (Line | string)[]) =>
  client.files.create({ file: await asFile(lines), purpose: 'batch' });

const begin = async (client: OpenAI, lines: readonly Line[]) =>
  client.batches.create({
    input_file_id: (await upload(client, lines)).id,
    ...{ endpoint: '/v1/chat/completions', completion_window: '24h' },
  });

const output = async (client: OpenAI, batch: string) =>
  String((await client.batches.retrieve(batch)).output_file_id);

const read = async (client: OpenAI, file: string) => (await client.files.content(file)).text();

/** In the order of the requests: what is committed together has none. */
const ledgerOf = async (events: number) =>
  [...(await at.ledger(events))].sort((a, b) => Number(a.tokens.input) - Number(b.tokens.input));

const failureOf = (call: Promise<unknown>) =>
  call.then(
    () => 'none',
    ({ status, message }: { status?: number; message: string }) => [status, message],
  );

/** More than what is on the way when a caller leaves. */
const LINES = 300;
const LONG = 'x'.repeat(20_000);
const NAMES = ['one', 'two', 'refused', 'four'];
const ANSWERED = [0, 1, 3];

describe('a batch at OpenAI', () => {
  test('is in the ledger when its results are read, each answer once, at the tier batch', async () => {
    await start();
    const { id } = await begin(
      at.openai,
      NAMES.map((name) => aLine(name)),
    );
    const file = await output(at.openai, id);
    const text = await read(at.openai, file);
    expect(text).toBe(provider.files.get(file));
    const events = await ledgerOf(3);
    expect(events.map(({ tokens }) => tokens)).toEqual(ANSWERED.map(countsOf));
    for (const event of events)
      expect(event).toMatchObject({
        ...{ customer: 'ada', model: 'gpt-4o-mini-2026-01-01' },
        metadata: { serviceTier: 'batch', batch: id, endpoint: 'chat' },
      });
    await read(at.openai, file);
    await read(at.openai, file);
    const { id: other } = await begin(at.openai, [aLine('five')]);
    await read(at.openai, await output(at.openai, other));
    expect(await at.ledger(4)).toHaveLength(4);
    expect(at.logged()).not.toContain('usage_event_conflict');
  });

  test('is its maker’s alone: others neither see it, nor read what went in or came out', async () => {
    await start();
    const { id } = await begin(at.openai, [aLine('a secret')]);
    const file = await output(at.openai, id);
    const asked = provider.asked.length;
    const refusals = [
      await failureOf(bobs.batches.retrieve(id)),
      await failureOf(bobs.batches.cancel(id)),
      await failureOf(bobs.files.retrieve('file-0')),
      await failureOf(read(bobs, 'file-0')),
      await failureOf(bobs.files.retrieve(file)),
      await failureOf(read(bobs, file)),
      await failureOf(
        bobs.batches.create({
          ...{ input_file_id: 'file-0', completion_window: '24h' },
          endpoint: '/v1/chat/completions',
        }),
      ),
      await failureOf(bobs.batches.list() as unknown as Promise<unknown>),
      await failureOf(bobs.files.list() as unknown as Promise<unknown>),
      await failureOf(at.openai.files.delete(file)),
    ];
    expect(refusals.map((refusal) => refusal[0])).toEqual(refusals.map(() => 403));
    expect(provider.asked).toHaveLength(asked);
    expect(await read(at.openai, 'file-0')).toContain('a secret');
    expect((await at.openai.files.retrieve(file)).id).toBe(file);
  });

  test('takes only what would be metered as a call by itself', async () => {
    await start({ knownModelsOnly: true });
    const faults: [string, Line | string, number][] = [
      ['no JSON', '{"custom_id":', 400],
      ['a name twice', '{"method":"POST","url":"/v1/x","body":{"model":"a","model":"b"}}', 400],
      ['another path', aLine('x', {}, { url: '/v1/fine_tuning/jobs' }), 400],
      ['another method', aLine('x', {}, { method: 'GET' }), 400],
      ['a stream', aLine('x', { stream: true }), 400],
      ['the background', aLine('x', { background: true }), 400],
      ['what another has stored', aLine('x', { previous_response_id: 'resp_1' }), 400],
      ['a name in another case', aLine('x', { Model: 'dear' }), 400],
      ['a model that nobody knows', aLine('x', { model: 'dear' }), 403],
    ];
    for (const [what, line, status] of faults)
      expect([what, await failureOf(upload(at.openai, [aLine('good'), line]))]).toEqual([
        ...[what, [status, expect.anything()]],
      ]);
    const file = await asFile([aLine('x')]);
    expect(await failureOf(at.openai.files.create({ file, purpose: 'user_data' }))).toEqual([
      ...[400, expect.stringContaining('only batch passes')],
    ]);
    expect(provider.asked).toEqual([]);
  });

  test('whose results are left in the middle is read to its end, and no part can be had', async () => {
    await start();
    const many = Array.from({ length: LINES }, (_, place) =>
      aLine(`${place}`, {}, { custom_id: `${place}${LONG}` }),
    );
    const { id } = await begin(at.openai, many);
    const file = await output(at.openai, id);
    await new Promise<void>((gone) => {
      const headers = { authorization: `Bearer ${at.openai.apiKey}`, range: 'bytes=0-10' };
      const call = request(`${at.openai.baseURL}/files/${file}/content`, { headers }, (answer) => {
        answer.once('data', () => {
          call.destroy();
          gone();
        });
      });
      call.on('error', () => undefined).end();
    });
    expect(await at.ledger(LINES)).toHaveLength(LINES);
    expect(provider.asked.at(-1)?.headers).not.toHaveProperty('range');
  });
});

describe('a batch at Anthropic', () => {
  const requests = NAMES.map((name) => ({
    custom_id: name,
    params: {
      ...{ model: 'claude-haiku-4-5', max_tokens: 10 },
      messages: [{ role: 'user' as const, content: name }],
    },
  }));

  test('is read by its client through the proxy, and billed once', async () => {
    await start();
    const { id } = await claude.messages.batches.create({ requests });
    for (let time = 0; time < 2; time += 1) {
      const results: string[] = [];
      for await (const { result } of await claude.messages.batches.results(id))
        results.push(result.type);
      expect(results).toEqual(['succeeded', 'succeeded', 'errored', 'succeeded']);
    }
    const events = await ledgerOf(3);
    expect(events.map(({ tokens }) => tokens)).toEqual(ANSWERED.map(countsOf));
    expect(events[0]).toMatchObject({
      ...{ customer: 'ada', model: 'claude-haiku-4-5' },
      metadata: { serviceTier: 'batch', batch: id, endpoint: 'messages', responseId: 'msg_0' },
    });
    expect(at.logged()).not.toContain('usage_event_conflict');
  });

  test('is its maker’s alone', async () => {
    await start();
    const { id } = await claude.messages.batches.create({ requests });
    const asked = provider.asked.length;
    const bob = at.anthropic(String(bobs.apiKey)).messages.batches;
    const refusals = [
      await failureOf(bob.retrieve(id)),
      await failureOf(bob.cancel(id)),
      await failureOf(bob.results(id)),
      await failureOf(bob.delete(id)),
      await failureOf(claude.messages.batches.delete(id)),
      await failureOf(claude.messages.batches.list() as unknown as Promise<unknown>),
    ];
    expect(refusals.map((refusal) => refusal[0])).toEqual(refusals.map(() => 403));
    expect(provider.asked).toHaveLength(asked);
  });
});

test("with an app's own key whoever reads the results, they are of who made the batch", async () => {
  await start({ upstreamKey: null });
  const own = await at.keyOf('ada', ['proxy'], 'sk-own-of-ada');
  const bobsOwn = at.client(await at.keyOf('bob', ['proxy'], 'sk-own-of-bob'));
  const { id } = await begin(at.client(own), [aLine('one')]);
  await read(bobsOwn, await output(bobsOwn, id));
  expect(await at.ledger(1)).toMatchObject([{ customer: 'ada', tokens: countsOf(0) }]);
});
