/**
 * `import:{subscription}`: a subscription that was there before us.
 *
 *   observe   it is read, and noted: usage is taken from then on. Nothing is written at Stripe
 *   bill      it is marked at Stripe and becomes a customer's, now or at the next renewal
 *   undo      it is as if it had never been imported; refused once anything was reported
 *
 * A later wish overtakes an earlier one that waits. What our rules refuse is on record, and ends
 * it.
 */
import {
  condition,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { describeWait, nextStep } from '../src/core/adoption/import-step';
import type { ImportReading, ImportWish } from '../src/core/adoption/import-step';
import { isoSecond } from '../src/core/period';
import { importWishSignal } from './contract';
import type { ImportInput, ImportResult } from './contract';
import { causeOf, isRefusal } from './failures';
import { imported, importRecords, importStripe, ledger, REFUSED_RETRY_MS } from './proxies';
import { OpenException } from './search-attributes';
import { continueOnCurrentVersion, handleMove } from './worker-version';

interface Import {
  /** Undefined: nobody has said anything yet. */
  wish: ImportWish | undefined;
  looks: number;
  /** It is to go on in a run on another version of the worker. */
  readonly isToMove: () => boolean;
  /** The edge from which on this wish has it billed, once it was read: a retry does not move it. */
  billsFrom: number | null;
  /** Operators filter by it. */
  exception: string | null;
}

export async function importSubscription(input: ImportInput): Promise<ImportResult> {
  const one: Import = {
    ...{ wish: input.wish, looks: 0, billsFrom: input.billsFrom ?? null },
    ...{ isToMove: handleMove(), exception: null },
  };
  setHandler(importWishSignal, (wish) => {
    one.wish = wish;
    one.looks = 0;
    one.billsFrom = null;
  });
  await condition(() => one.wish !== undefined);
  for (;;) {
    const wish = one.wish as ImportWish;
    const result = await orTell(one, wish, () => carryOut(one, wish));
    if (result && one.wish === wish) return show(result);
    if (one.isToMove() || workflowInfo().continueAsNewSuggested)
      await continueOnCurrentVersion<typeof importSubscription>({
        ...{ wish: one.wish, billsFrom: one.billsFrom ?? undefined },
      });
  }
}

/** undefined: it is to be looked at again. */
const carryOut = (one: Import, wish: ImportWish): Promise<ImportResult | undefined> =>
  wish.want === 'undo' ? undo(wish) : go(one, wish);

async function go(one: Import, wish: ImportWish): Promise<ImportResult | undefined> {
  const { entry } = wish;
  const { known: row, rival } = await importRecords.findImport(entry);
  if (row?.phase === 'billed' && wish.want === 'observe')
    return refuse(wish, 'it is billed already: undo that first, as long as nothing is reported');
  if (row?.phase === 'billed') {
    await importRecords.startImported(row.customer);
    return settleAgain(wish);
  }
  if (rival !== null) return refuse(wish, rival);
  const reading = await importStripe.readImport(entry);
  // The edge that was waited for stays, whoever asks for it again, and however late.
  const waited = row?.phase === 'waiting' && wish.at === 'renewal' ? row.billsFrom : null;
  const billsFrom = one.billsFrom ?? waited;
  const step = nextStep(wish, reading, { billsFrom, looks: one.looks });
  if ('billsFrom' in step && one.wish === wish) one.billsFrom = step.billsFrom;
  switch (step.do) {
    case 'refuse':
      return refuse(wish, step.reason);
    case 'observe':
      await record(wish, reading, 'observed', null);
      return { phase: 'observed' };
    case 'wait':
      await record(wish, reading, 'waiting', step.billsFrom);
      await wait(one, wish, step);
      return undefined;
    case 'take_over':
      return takeOver(wish, reading, step.billsFrom);
  }
}

async function wait(
  one: Import,
  wish: ImportWish,
  { billsFrom, ms }: { readonly billsFrom: number; readonly ms: number },
): Promise<void> {
  one.looks += 1;
  const summary = describeWait({ billsFrom });
  setCurrentDetails(`waits ${summary}`);
  await condition(() => one.wish !== wish || one.isToMove(), ms, { summary });
}

/** The opening usage goes first: if the ledger does not take it, nothing else is done. */
async function takeOver(
  wish: ImportWish,
  reading: ImportReading,
  billsFrom: number,
): Promise<ImportResult> {
  const { entry, catalogVersion } = wish;
  // The ledger takes usage of who is noted.
  await importRecords.recordImport({
    ...recordOf(wish, reading, 'waiting'),
    // Who is taken over now is not late, however long ago the period began.
    ...{ billsFrom: wish.at === 'renewal' ? billsFrom : null, isUnderWay: true },
  });
  const refusal = await recordOpening(wish, billsFrom);
  if (refusal !== null) return refuse(wish, refusal);
  const mark = { entry, catalogVersion };
  // Everything that we write at Stripe is by the rules of flexible billing.
  if (entry.migrate) await importStripe.migrateSubscription(entry.subscription);
  await importStripe.markPrice(mark);
  await importStripe.markSubscription(mark);
  await importRecords.takeOver({ ...recordOf(wish, reading, 'billed'), billsFrom });
  await importRecords.startImported(entry.customer);
  return { phase: 'billed' };
}

/** null: it is in the ledger, or there is none. */
async function recordOpening({ entry }: ImportWish, billsFrom: number): Promise<string | null> {
  const { opening, customer, subscription } = entry;
  if (!opening) return null;
  const id = `import:${subscription}:${billsFrom}:opening`;
  const { rejected } = await ledger.ingestUsage({
    customer,
    signals: [
      {
        signal: id,
        events: [
          {
            ...{ id, model: opening.model, tokens: { input: opening.tokens } },
            occurredAt: isoSecond(billsFrom),
          },
        ],
        receivedAt: Date.now(),
      },
    ],
  });
  const [first] = rejected;
  return first ? `the ledger does not take the opening usage: ${first.message}` : null;
}

async function undo(wish: ImportWish): Promise<ImportResult> {
  const { subscription } = wish.entry;
  const { known: row } = await importRecords.findImport(wish.entry);
  if (!row || row.phase === 'undone') return { phase: 'undone' };
  if (row.phase === 'billed') {
    const refusal = await imported.letGoImported(row.customer);
    if (refusal !== null) return refuse(wish, refusal);
    const stays = await imported.forgetImported({ subscription, customer: row.customer });
    if (stays !== null) return refuse(wish, stays);
    await importStripe.unmarkSubscription(subscription);
  }
  await importRecords.endObservation({ subscription, by: wish.by });
  return { phase: 'undone' };
}

async function settleAgain(wish: ImportWish): Promise<ImportResult> {
  await importRecords.settleImport(wish.entry.subscription);
  return { phase: 'billed' };
}

const recordOf = (
  { entry, catalogVersion, by }: ImportWish,
  { email, name, testClock, now }: ImportReading,
  phase: 'observed' | 'waiting' | 'billed',
) => ({
  ...{ entry, catalogVersion, by, phase, email, name, testClock },
  ...{ refusal: null, observedSince: now },
});

const record = (
  wish: ImportWish,
  reading: ImportReading,
  phase: 'observed' | 'waiting',
  billsFrom: number | null,
): Promise<void> => importRecords.recordImport({ ...recordOf(wish, reading, phase), billsFrom });

async function refuse(
  { entry, catalogVersion, by }: ImportWish,
  refusal: string,
  more: { readonly isTriedAgain?: true } = {},
): Promise<ImportResult> {
  await importRecords.refuseImport({ entry, catalogVersion, by, refusal, ...more });
  return { phase: 'refused', refusal };
}

/**
 * What Stripe or the database refuses is told, and tried again after five minutes or at another
 * wish. A bug waits for a fix.
 */
async function orTell(
  one: Import,
  wish: ImportWish,
  work: () => Promise<ImportResult | undefined>,
): Promise<ImportResult | undefined> {
  try {
    const result = await work();
    tellOf(one, null);
    return result;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const refusal = causeOf(error);
    tellOf(one, 'stripe_refused');
    setCurrentDetails(`refused, and tried again: ${refusal}`);
    await onRecord(wish, `${refusal} (tried again every five minutes)`);
    const summary = 'until what was refused is tried again';
    await condition(() => one.wish !== wish || one.isToMove(), REFUSED_RETRY_MS, { summary });
    return undefined;
  }
}

/** Where the record itself is refused, operators see it in Temporal alone. */
async function onRecord(wish: ImportWish, refusal: string): Promise<void> {
  try {
    await refuse(wish, refusal, { isTriedAgain: true });
  } catch (error) {
    if (!isRefusal(error)) throw error;
  }
}

function tellOf(one: Import, kind: string | null): void {
  if (one.exception === kind) return;
  one.exception = kind;
  upsertSearchAttributes([{ key: OpenException, value: kind }]);
}

function show(result: ImportResult): ImportResult {
  setCurrentDetails(result.refusal ?? result.phase);
  return result;
}
