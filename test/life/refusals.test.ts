/**
 * Goal: whichever activity is refused once, or has no answer for a day, nothing stops in silence,
 * and the invoice is right. No run fails here: an error that leaves a workflow fails the test.
 */
import './in-memory';
import {
  createActivities,
  createLedgerActivities,
  createImportActivities,
  createRolloutActivities,
} from '../../activities';
import { BESIDE_ROWS } from './beside-rows';
import { DAY } from './calendar';
import type { Life } from './life';
import { useStage } from './on-stage';
import { retryAll, retryAtOnce } from './operator';
import { LIVES } from './refusal-lives';
import { ROWS } from './refusal-rows';
import type { RefusalRow } from './refusal-rows';

const on = useStage();
beforeEach(() => on.stage.clear());

const DAY_MS = DAY * 1000;

const MINUTE_MS = 60_000;

async function expectInTheEnd(
  life: Life,
  { activity }: RefusalRow,
  cents: readonly number[],
): Promise<void> {
  expect(life.state().exceptions).toEqual([]);
  const invoices = (await life.invoices()).reverse();
  expect([activity, ...invoices.map(({ status, total }) => [status, total])]).toEqual([
    activity,
    ...cents.map((total) => ['paid', total]),
  ]);
}

test.each(ROWS)('$activity, refused once, is told, tried again and billed right', async (row) => {
  const { activity, told } = row;
  const life = await on.aLife();
  life.troubles.refusals.set(activity, 403);
  await LIVES[row.life](life);
  expect([activity, life.troubles.refusals.size]).toEqual([activity, 0]);
  if (told) {
    const [kind, subject] = told;
    expect(life.temporal.told).toContainEqual({
      ...{ kind, subject: expect.stringMatching(subject) as string },
    });
  }
  await retryAll(life);
  await life.to(life.now + DAY);
  await expectInTheEnd(life, row, row.cents);
});

test.each(ROWS)(
  '$activity, without an answer for a day, holds nothing up for good',
  async (row) => {
    const { activity } = row;
    const life = await on.aLife();
    life.troubles.hangs.set(activity, DAY_MS);
    await LIVES[row.life](life);
    expect([activity, life.troubles.hangs.size]).toEqual([activity, 0]);
    await life.to(life.now + 2 * DAY);
    await expectInTheEnd(life, row, row.centsAfterADay ?? row.cents);
  },
);

/** Those that touch our own database only. */
function ledgerActivities(): string[] {
  return Object.keys(createLedgerActivities({} as never));
}

const TOLD = ROWS.filter(({ told }) => told !== null);

test.each(TOLD)(
  '$activity, refused once, is tried again as soon as an operator says so',
  async (row) => {
    const { activity } = row;
    const life = await on.aLife();
    retryAtOnce(life);
    life.troubles.refusals.set(activity, 403);
    await LIVES[row.life](life);
    await life.to(life.now + DAY);
    const [refusedAt = 0, againAt = Infinity] = [
      life.troubles.refusedAt,
      life.troubles.againAt,
    ].map((at) => at.get(activity));
    // Late usage is collected for a minute before each attempt.
    expect(againAt - refusedAt).toBeLessThanOrEqual(MINUTE_MS);
    await expectInTheEnd(life, row, row.cents);
  },
);

/** A case of dunning shows one kind for all. */
const isDunnings = ({ told }: RefusalRow): boolean =>
  told?.[1].source.startsWith('^dunning') === true;
const OF_RECORDS = TOLD.filter(
  (row) => ledgerActivities().includes(row.activity) && !isDunnings(row),
);

test.each(OF_RECORDS)('$activity, of what our database can’t store, is told so', async (row) => {
  const { activity, told } = row;
  const life = await on.aLife();
  life.troubles.refusals.set(activity, 'record');
  await LIVES[row.life](life);
  const subject = expect.stringMatching(told?.[1] ?? /^$/) as string;
  expect(life.temporal.told).toContainEqual({ kind: 'record_refused', subject });
  await retryAll(life);
  await life.to(life.now + DAY);
  await expectInTheEnd(life, row, row.cents);
});

const activitiesOf = (deps: never): string[] => [
  ...Object.keys(createActivities(deps)),
  ...Object.keys(createRolloutActivities(deps)),
  ...Object.keys(createImportActivities(deps)),
];

test('every activity has its row: one that is new has to be refused here, too', () => {
  const { stripe, catalog } = on.stage;
  const known = [...ROWS, ...BESIDE_ROWS].map(({ activity }) => activity);
  expect(known.sort()).toEqual(activitiesOf({ stripe, catalog } as never).sort());
});
