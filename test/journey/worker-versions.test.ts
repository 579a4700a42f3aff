/**
 * Goal: a release is rolled out version by version, and back, while customers use: runs stay on
 * their version until they continue as new, and what a later release wrote is refused and waits.
 * Method: the guide's own commands on the real server, with usage at every step.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { whyTaskFails } from '../../src/temporal/runs/failed-task';
import { moveToCurrentVersion, readWorkerVersions } from '../../src/temporal/runs/worker-versions';
import { statusQuery } from '../../workflows/contract';
import { eventually } from '../support/stack/eventually';
import { startProduct } from '../support/stack/product';
import type { Product } from '../support/stack/product';
import {
  setCurrent,
  startVersion,
  workflowsOfNextRelease,
} from '../support/workflows/versioned-worker';
import type { VersionedWorker } from '../support/workflows/versioned-worker';
import { sumMeters } from '../support/stripe/meter-sum';

const TOKENS = 150_000;
const INCLUDED = 100_000;
const METER = 'tollkeeper_overage_standard';
const PATIENCE_MS = 30_000;
const CUSTOMERS = ['ada', 'bo'] as const;

let dir: string;
let product: Product;
const versions = new Map<string, VersionedWorker>();
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'worker-versions-'));
  product = await startProduct({ LOG_LEVEL: 'silent' });
}, 120_000);
afterAll(async () => {
  for (const version of versions.values()) await version.stop();
  await product.stop();
  rmSync(dir, { recursive: true, force: true });
}, 60_000);

const runOf = (customer: string) => product.temporal.workflow.getHandle(`billing:${customer}`);
const state = (customer: string) => runOf(customer).query(statusQuery);
type State = Awaited<ReturnType<typeof state>>;
const stateUntil = (customer: string, isThere: (seen: State) => boolean) =>
  eventually(() => state(customer), isThere, PATIENCE_MS);

async function buildOf(customer: string): Promise<string | undefined> {
  const { raw } = await runOf(customer).describe();
  return raw.workflowExecutionInfo?.versioningInfo?.deploymentVersion?.buildId ?? undefined;
}
const builds = () => Promise.all(CUSTOMERS.map(buildOf));

const starts = new Map<string, number>();
async function begin(id: string): Promise<void> {
  await product.api.put(`/v1/customers/${id}`, { email: `${id}@example.com`, plan: 'starter' });
  const { periods } = await stateUntil(id, (seen) => seen.periods.length === 1);
  starts.set(id, periods[0]?.start ?? 0);
}

let uses = 0;
/** Each uses once more; answers what each has used by then. */
async function use(): Promise<number> {
  uses += 1;
  const usage = { model: 'gpt-4o-mini', tokens: { input: TOKENS } };
  for (const id of CUSTOMERS) {
    // The meter's sums are of whole minutes within the period.
    const second = (starts.get(id) ?? 0) + 60 + uses;
    await product.api.recordUsage(id, [{ ...usage, id: `${id}-${uses}`, second }]);
  }
  return uses * TOKENS;
}

const isReported = ({ periods }: State, tokens: number): boolean => {
  const rates = Object.values(periods.at(-1)?.rates ?? {});
  return (
    periods.at(-1)?.usedTokens === tokens &&
    rates.reduce((sum, rate) => sum + rate.reportedTokens, 0) === tokens - INCLUDED
  );
};

async function useUntilReported(): Promise<void> {
  const tokens = await use();
  for (const id of CUSTOMERS) await stateUntil(id, (seen) => isReported(seen, tokens));
}

const worker = async (build: string, bundle?: string) =>
  versions.set(build, await startVersion(product, build, bundle));

/** The version is known to Temporal once its workers have polled. */
const makeCurrent = (build: string) =>
  eventually(
    () => setCurrent(product, build).then(() => true),
    (isSet) => isSet,
    PATIENCE_MS,
  );

const read = () => readWorkerVersions(product.temporal, product.config.TEMPORAL_DEPLOYMENT_NAME);
const move = async (patienceMs = PATIENCE_MS) =>
  moveToCurrentVersion(product.temporal, await read(), patienceMs);

/** Runs that began without a version are taken over by the first. */
async function takeOver(): Promise<void> {
  await worker('a');
  await makeCurrent('a');
  await move();
  await useUntilReported();
  expect(await builds()).toEqual(['a', 'a']);
}

/** The next one is there and current, and runs stay where they are until they are told. */
async function rollOut(): Promise<void> {
  await worker('b');
  await makeCurrent('b');
  await useUntilReported();
  expect(await builds()).toEqual(['a', 'a']);
  expect(await move()).toEqual({ signalled: 2, left: 0, examples: [] });
  await useUntilReported();
  expect(await builds()).toEqual(['b', 'b']);
  const runs = [
    { build: 'b', runs: 2 },
    { build: 'a', runs: 0 },
  ];
  expect(await read()).toEqual({
    ...{ deployment: 'tollkeeper', current: 'b', ramping: null },
    versions: expect.arrayContaining(runs),
  });
}

/** Both write the same form. */
async function rollBack(): Promise<void> {
  await makeCurrent('a');
  await move();
  await useUntilReported();
  expect(await builds()).toEqual(['a', 'a']);
}

async function rollOutNextRelease(): Promise<void> {
  await worker('c', workflowsOfNextRelease(dir));
  await makeCurrent('c');
  await move();
  await useUntilReported();
  expect((await state('ada')).schemaVersion).toBe(2);
}

/** Answers what each has used by then. */
async function rollBackTooFar(): Promise<number> {
  await makeCurrent('a');
  expect((await move(1_000)).left).toBe(2);
  const tokens = await use();
  const isTold = (reason: string | undefined) => reason !== undefined;
  expect(await eventually(() => whyTaskFails(product.temporal, 'billing:ada'), isTold)).toBe(
    'The billing state of ada has schema 2, and this release knows up to 1: a later release wrote ' +
      'it. Nothing is lost, and nothing is billed until a worker of that release takes it: make its ' +
      'version current again, or install it.',
  );
  return tokens;
}

async function goOn(tokens: number): Promise<void> {
  await makeCurrent('c');
  for (const id of CUSTOMERS) await stateUntil(id, (seen) => isReported(seen, tokens));
  await eventually(builds, (all) => all.every((build) => build === 'c'));
}

test('a release is rolled out and back while customers use, and no token is lost or reported twice', async () => {
  for (const id of CUSTOMERS) await begin(id);
  await useUntilReported();
  await takeOver();
  await rollOut();
  await rollBack();
  await rollOutNextRelease();
  const tokens = await rollBackTooFar();
  await goOn(tokens);
  for (const id of CUSTOMERS) {
    const { exceptions, periods, stripeCustomerId } = await state(id);
    expect(exceptions).toEqual([]);
    const { start, end } = periods.at(-1) as State['periods'][number];
    const meter = await sumMeters(product.stripe, METER, String(stripeCustomerId), { start, end });
    expect(meter).toBe(tokens - INCLUDED);
  }
}, 180_000);
