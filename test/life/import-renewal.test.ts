/**
 * Goal: an import that waits for a renewal is billed from that very second on, however often it is
 * refused there; and where that second has passed by, somebody is told and nothing is billed.
 */
import { aWish } from '../support/workflows/import-world';
import type { ImportWish } from '../../src/core/adoption/import-step';
import { playBeside } from './beside-stage';

const HOUR_MS = 3_600_000;
const EDGE = 3_592_000;
const NEXT = { start: EDGE, end: 6_270_400 };
const AFTER_NEXT = { start: NEXT.end, end: 8_862_400 };
const ID = 'import:sub_1';

async function begun(wish: Partial<ImportWish>) {
  const played = playBeside();
  const { temporal } = played;
  temporal.start('importSubscription', ID, { wish: aWish({ want: 'bill', ...wish }) });
  await temporal.advanceTo(temporal.now + HOUR_MS);
  return {
    ...played,
    later: (hours: number) => temporal.advanceTo(temporal.now + hours * HOUR_MS),
  };
}

test('what is refused at the renewal is billed from it all the same', async () => {
  const { imports, troubles, later } = await begun({ at: 'renewal' });
  expect(imports.done).toEqual(['waiting']);
  imports.reading.period = NEXT;
  troubles.refusals.set('markSubscription', 403);
  await later(25);
  expect(troubles.againAt.has('markSubscription')).toBe(true);
  expect(imports.done).toContain(`billed from ${EDGE}`);
});

test('while it is tried again, it waits on and is told', async () => {
  const { imports, temporal, troubles, later } = await begun({ at: 'renewal' });
  imports.reading.period = NEXT;
  troubles.outages.add('markSubscription');
  await later(25);
  expect([imports.phase, imports.billsFrom]).toEqual(['waiting', EDGE]);
  expect(imports.refusal).toMatch(/tried again every five minutes/);
  expect(temporal.told).toContainEqual({ kind: 'stripe_refused', subject: ID });
});

test('a renewal that was missed is told, and nobody is billed in silence from another', async () => {
  const { imports, temporal, later } = await begun({ at: 'renewal' });
  imports.reading.period = AFTER_NEXT;
  await later(25);
  expect(temporal.executions.get(ID)?.isRunning).toBe(false);
  expect(imports.refusal).toMatch(/^renewal_missed: .* from 1970-02-11T13:46:40Z on/);
  expect([imports.phase, imports.done]).toEqual(['observed', ['waiting']]);
});

test('who is told says it anew: the next renewal is waited for', async () => {
  const { imports, temporal, later } = await begun({ at: 'renewal' });
  imports.reading.period = AFTER_NEXT;
  await later(25);
  temporal.start('importSubscription', ID, { wish: aWish({ want: 'bill', at: 'renewal' }) });
  await later(1);
  expect([imports.phase, imports.billsFrom]).toEqual(['waiting', AFTER_NEXT.end]);
});

test('now: a refusal that lasts until the period is over does not bill the next one', async () => {
  const played = playBeside();
  const { temporal, troubles, imports } = played;
  troubles.outages.add('markPrice');
  temporal.start('importSubscription', ID, { wish: aWish({ want: 'bill' }) });
  await temporal.advanceTo(temporal.now + HOUR_MS);
  imports.reading.period = NEXT;
  troubles.end();
  await temporal.advanceTo(temporal.now + HOUR_MS);
  expect(imports.refusal).toMatch(/^renewal_missed: it was to be billed from 1970-01-12/);
  expect(imports.done.filter((one) => one.startsWith('billed from'))).toEqual([]);
});
