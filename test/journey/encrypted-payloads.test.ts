/**
 * Goal: with TEMPORAL_PAYLOAD_KEYS nothing that Temporal keeps can be read without a key, and no
 * run notices when keys come, change, are wrong for a while, or are put away.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils';
import { temporal as proto } from '@temporalio/proto';
import { DefaultLogger, Worker } from '@temporalio/worker';
import { startCodecServer } from '../../src/processes/codec-server';
import { dataConverter, FAILURE_CONVERTER } from '../../src/temporal/data-converter';
import { payloadKeys } from '../../src/temporal/payload-keys';
import { payloadsToJson } from '../../src/temporal/payload-json';
import { bundleWorkflows, encryptingBundle } from '../../src/processes/workflow-code';
import { statusQuery } from '../../workflows/contract';
import { eventually } from '../support/stack/eventually';
import { startProduct } from '../support/stack/product';
import type { Product } from '../support/stack/product';

const REASON = 'card 4242-4242-4242-4242 of Ada';
const MODEL = 'gpt-4o-mini';
const aKey = () => randomBytes(32).toString('base64');
const [OLD, NEW, WRONG] = [aKey(), aKey(), aKey()];
const idOf = (key: string) => String(payloadKeys(key).encrypting);
/** A task that is refused is tried again at growing intervals. */
const PATIENCE_MS = 150_000;

jest.setTimeout(300_000);

let dir: string;
let product: Product;
let usedTokens = 0;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tollkeeper-keys-'));
  const bundle = join(dir, 'workflows.js');
  writeFileSync(bundle, readFileSync(String(process.env.TEST_WORKFLOW_BUNDLE)));
  const { code } = await bundleWorkflows(FAILURE_CONVERTER, new DefaultLogger('ERROR'));
  writeFileSync(encryptingBundle(bundle), code);
  product = await startProduct({ LOG_LEVEL: 'silent', WORKFLOW_BUNDLE: bundle });
  await product.api.put('/v1/customers/ada', { email: 'ada@example.com', plan: 'starter' });
  await use(1_000);
}, 300_000);
afterAll(async () => {
  await product.stop();
  rmSync(dir, { recursive: true, force: true });
});

const run = () => product.temporal.workflow.getHandle('billing:ada');

async function send(tokens: number): Promise<void> {
  usedTokens += tokens;
  const call = { id: `call-${usedTokens}`, model: MODEL, tokens: { input: tokens } };
  await product.api.recordUsage('ada', [{ ...call, second: Math.floor(Date.now() / 1000) }]);
}

const counted = () =>
  eventually(
    () => run().query(statusQuery),
    ({ periods }) => periods[0]?.usedTokens === usedTokens,
    PATIENCE_MS,
  );

async function use(tokens: number): Promise<void> {
  await send(tokens);
  await counted();
}

const deploy = (keys: string) => product.deploy({ TEMPORAL_PAYLOAD_KEYS: keys });

/** As the server has them: nothing of ours has touched them. */
async function events(after = 0): Promise<proto.api.history.v1.IHistoryEvent[]> {
  const { connection, options } = product.temporal;
  const { history } = await connection.workflowService.getWorkflowExecutionHistory({
    ...{ namespace: options.namespace, execution: { workflowId: 'billing:ada' } },
  });
  return (history?.events ?? []).filter(({ eventId }) => Number(eventId) > after);
}

const bytesOf = (list: readonly proto.api.history.v1.IHistoryEvent[]) =>
  Buffer.concat(
    list.map((event) => proto.api.history.v1.HistoryEvent.encode(event).finish() as Buffer),
  ).toString('latin1');

test('a run that began in clear goes on encrypted, and nothing new can be read', async () => {
  const before = await events();
  expect(bytesOf(before)).toContain(MODEL);
  const { runId } = await run().describe();
  await deploy(OLD);
  await product.api.post('/v1/customers/ada/grants', { id: 'g1', tokens: 5_000, reason: REASON });
  await use(200_000);
  expect((await run().describe()).runId).toBe(runId);

  const kept = bytesOf(await events(before.length));
  const told = [REASON, MODEL, 'ada@example.com', 'overage_standard'];
  expect(told.filter((text) => kept.includes(text))).toEqual([]);
  expect(kept).toContain('binary/encrypted');
});

test('search attributes stay readable: filters of the UI go on', async () => {
  const { raw } = await run().describe();
  const attributes = raw.workflowExecutionInfo?.searchAttributes?.indexedFields ?? {};
  expect(Buffer.from(attributes.CustomerId?.data ?? []).toString()).toBe('"ada"');
  const found: string[] = [];
  const query = "CustomerId = 'ada' and PlanId = 'starter'";
  for await (const { workflowId } of product.temporal.workflow.list({ query }))
    found.push(workflowId);
  expect(found).toEqual(['billing:ada']);
});

test('the codec server shows an operator what the run was told', async () => {
  const key = 'an operator knows this, 32 characters';
  const config = { HOST: '127.0.0.1', TEMPORAL_PAYLOAD_KEYS: OLD, CODEC_SERVER_KEY: key };
  const server = await startCodecServer(config as never, { port: 0 });
  const { port } = server.address() as AddressInfo;
  const updates = (await events()).flatMap(
    (event) =>
      event.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest?.input?.args
        ?.payloads ?? [],
  );
  const response = await fetch(`http://127.0.0.1:${port}/decode`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: payloadsToJson(updates),
  });
  const { payloads } = (await response.json()) as { payloads: { data: string }[] };
  const shown = payloads.map(({ data }) => Buffer.from(data, 'base64').toString());
  await new Promise((closed) => server.close(closed));
  expect(shown.join()).toContain(REASON);
});

test('keys are changed in the middle of a run', async () => {
  const before = await events();
  await deploy(`${NEW},${OLD}`);
  await use(1_000);
  const kept = bytesOf(await events(before.length));
  expect(kept).toContain(idOf(NEW));
});

test('with a wrong key tasks fail and say why; once both are known nothing is lost', async () => {
  const before = await events();
  await deploy(WRONG);
  await send(1_000);
  await eventually(
    async () => bytesOf(await events(before.length)),
    (kept) => kept.includes(`TEMPORAL_PAYLOAD_KEYS has ${idOf(WRONG)}: add that key`),
    PATIENCE_MS,
  );
  // What was signalled meanwhile is encrypted with the wrong one, so that has to be known, too.
  await deploy(`${NEW},${OLD},${WRONG}`);
  const state = await counted();
  expect(state.exceptions).toEqual([]);
});

test('put away again while its keys are known, a run goes on in clear', async () => {
  const before = await events();
  await deploy(`none,${NEW},${OLD},${WRONG}`);
  await use(1_000);
  expect(bytesOf(await events(before.length))).toContain(MODEL);
});

test('histories of 0.1.0 and this mixed one replay with encryption on', async () => {
  const folder = join(__dirname, '..', 'replay', 'histories');
  const recorded = readdirSync(folder)
    .filter((file) => file.startsWith('0.1.0-'))
    .map((file) => ({
      workflowId: `billing:${file}`,
      history: historyFromJSON(JSON.parse(readFileSync(join(folder, file), 'utf8')) as unknown),
    }));
  const mixed = { workflowId: 'billing:ada', history: await run().fetchHistory() };
  const options = {
    workflowBundle: { codePath: encryptingBundle(join(dir, 'workflows.js')) },
    dataConverter: dataConverter({ TEMPORAL_PAYLOAD_KEYS: `${NEW},${OLD},${WRONG}` }),
  };
  const failures: string[] = [];
  for await (const { workflowId, error } of Worker.runReplayHistories(options, [
    ...recorded,
    mixed,
  ]))
    if (error) failures.push(`${workflowId}: ${error.message}`);
  expect(failures).toEqual([]);
});
