/** What happens to payouts, rollouts and the reconciliation, a refusal on the way or not. */
import type { PlayedBeside } from './beside-stage';
import { aWish, IMPORT_ENTRY } from '../support/workflows/import-world';
import { HOUR } from './calendar';
import type { TemporalInMemory } from './temporal-in-memory';

const HOUR_MS = HOUR * 1000;

/** Until the run has come to its end, however often it was refused. */
async function untilOver({ temporal }: PlayedBeside, id: string): Promise<unknown> {
  for (let hours = 0; temporal.executions.get(id)?.isRunning; hours += 1) {
    if (hours > 24 * 10) throw new Error(`${id} has not ended`);
    await temporal.advanceTo(temporal.now + HOUR_MS);
  }
  return temporal.executions.get(id)?.result;
}

async function payOut(played: PlayedBeside, charge: string): Promise<void> {
  const id = `payout:${charge}`;
  played.temporal.start('payout', id, { customer: 'ada', source: charge });
  await untilOver(played, id);
}

/** 50.00 were paid for usage of one vendor, whose share is 42.50. */
export async function sale(played: PlayedBeside): Promise<number> {
  await payOut(played, await played.vendor.sell());
  return played.vendor.account.receivedCents();
}

/** 10.00 of it are given back. */
export async function refund(played: PlayedBeside): Promise<number> {
  const { vendor } = played;
  const charge = await vendor.sell();
  await payOut(played, charge);
  vendor.change(charge, { refundedCents: 1_000 });
  await payOut(played, charge);
  return vendor.account.receivedCents();
}

/** All of it is given back when the vendor's bank has its share already; then 100.00 are sold. */
export async function debt(played: PlayedBeside): Promise<number> {
  const { vendor } = played;
  const charge = await vendor.sell();
  await payOut(played, charge);
  vendor.account.payOut();
  vendor.change(charge, { refundedCents: 5_000 });
  await payOut(played, charge);
  await payOut(played, await vendor.sell({ amountCents: 10_000 }));
  return vendor.account.receivedCents();
}

export const ROLLOUT = 'rollout:starter:v2';
export const WORD = { by: 'olga', reason: 'costs rose' };

/** Approved when it waits for that, resumed when it has stopped. */
export async function rollout({ temporal }: PlayedBeside): Promise<unknown> {
  const request = {
    ...{ planId: 'starter', version: 'v2', currency: 'usd' },
    ...({ when: 'period_end', batch: 2 } as const),
  };
  temporal.start('catalogRollout', ROLLOUT, { request });
  for (let hours = 0; temporal.executions.get(ROLLOUT)?.isRunning; hours += 1) {
    if (hours > 72) throw new Error('the rollout has not ended');
    await temporal.settle();
    const { phase } = temporal.query<{ phase: string }>(ROLLOUT, 'rolloutStatus');
    if (phase === 'awaiting_approval') await say(temporal, 'approve', hours);
    else if (phase === 'stopped') await say(temporal, 'resume', hours);
    else await temporal.advanceTo(temporal.now + HOUR_MS);
  }
  const { phase, moved } = temporal.executions.get(ROLLOUT)?.result as Record<string, unknown>;
  return [phase, moved];
}

async function say(temporal: TemporalInMemory, update: string, hours: number): Promise<void> {
  await temporal.update(ROLLOUT, update, `${update}-${hours}`, WORD);
  await temporal.settle();
}

export async function daily(played: PlayedBeside): Promise<unknown> {
  const id = 'reconciliation-by-night';
  played.temporal.start('reconciliation', id, undefined);
  const result = (await untilOver(played, id)) as Record<string, unknown>;
  const { eventsRecovered, customers, fault } = result;
  return { eventsRecovered, customers, fault };
}

/** Observed, billed from now on, asked for once more, and undone. */
export async function imported(played: PlayedBeside): Promise<unknown> {
  const phases: unknown[] = [];
  for (const want of ['observe', 'bill', 'bill', 'undo'] as const)
    phases.push(((await wished(played, want)) as { phase: string }).phase);
  return phases;
}

/** Our rules refuse it: that is on record, and ends it. */
export async function refusedImport(played: PlayedBeside): Promise<unknown> {
  await wished(played, 'bill');
  return wished(played, 'observe');
}

async function wished(played: PlayedBeside, want: 'observe' | 'bill' | 'undo'): Promise<unknown> {
  const { temporal } = played;
  const id = 'import:sub_1';
  const wish = aWish({ want, entry: { ...IMPORT_ENTRY, migrate: true } });
  temporal.start('importSubscription', id, { wish });
  played.sayAgain = () => temporal.signal(id, 'importWish', wish);
  return untilOver(played, id);
}
