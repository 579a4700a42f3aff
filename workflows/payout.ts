/**
 * `payout:{source}`: the vendors' shares of one paid invoice, or of a one-off sale. Until what was
 * moved equals what was earned (docs/explain/decisions/0017-vendors-have-books.md):
 *   read     the charges, what came back of them, and what Stripe has moved
 *   book     the difference to what the vendors' books say
 *   move     a transfer, a reversal, or an offset in the books, one step for each vendor
 *   wait     for a holdback, an account, a minimum, a balance: a signal ends it, or a day
 * It begins anew when money comes back after it has ended.
 */
import {
  condition,
  isCancellation,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { ActivityFailure } from '@temporalio/common';
import { nextMove } from '../src/core/vendors/payout-position';
import type { NextMove } from '../src/core/vendors/payout-position';
import { payoutSource } from '../src/core/vendors/payout-facts';
import type { PositionOfVendor } from '../src/core/vendors/payout-facts';
import { payoutDetails } from '../src/core/vendors/payout-details';
import type { VendorProgress } from '../src/core/vendors/payout-details';
import { tellPayout } from './begin-payout';
import { payoutChangedSignal, payoutStatusQuery } from './contract';
import type { PayoutInput, PayoutResult } from './contract';
import { isLong } from './long-run';
import { ledger, payouts, REFUSED_RETRY_MS, stripe } from './proxies';
import { CustomerId, OpenException } from './search-attributes';
import { causeOf } from './failures';
import { continueOnCurrentVersion, handleMove } from './worker-version';

/** A lost signal costs a day. */
const RECHECK_SECONDS = 24 * 60 * 60;
/** After a month, what is owed is for the vendor's books, and for people. */
const GONE_LOOKS = 30;
const HOUR_SECONDS = 60 * 60;
/** A reversal that the balance did not cover is tried again; after three days it is a debt. */
const REVERSAL_RETRIES = [1, 6, 24, 41].map((hours) => hours * HOUR_SECONDS);

interface PayoutRun {
  readonly customer: string;
  readonly source: string;
  /** Something happened: all is to be read again. */
  isChanged: boolean;
  standings: readonly VendorProgress[];
  /** Why the charges could not be read. */
  trouble: string | undefined;
  isTroubled: boolean;
  /** So often Stripe had not what was paid: it is looked for daily, in case our key is wrong. */
  looksAtNothing: number;
  /** How often Stripe has refused a movement of a vendor and charge. */
  refusals: Readonly<Record<string, number>>;
  /** The number of the last movement of a vendor and charge that was made. */
  readonly made: Map<string, number>;
}

export async function payout(input: PayoutInput): Promise<PayoutResult> {
  const { customer, source, refusals = {} } = input;
  const run: PayoutRun = {
    customer,
    source,
    isChanged: true,
    standings: [],
    trouble: undefined,
    isTroubled: false,
    looksAtNothing: 0,
    refusals,
    made: new Map(),
  };
  const isToMove = handleMove();
  setHandler(payoutChangedSignal, () => {
    run.isChanged = true;
  });
  setHandler(payoutStatusQuery, () => {
    const { standings, trouble } = run;
    return { customer, source, standings, ...(trouble !== undefined && { trouble }) };
  });
  upsertSearchAttributes([
    { key: CustomerId, value: customer },
    // What the run before was refused is told again if it is refused again.
    { key: OpenException, value: null },
  ]);
  for (;;) {
    run.isChanged = false;
    const hasNews = () => run.isChanged || isToMove();
    const positions = await read(run);
    if (positions === undefined) {
      if (run.looksAtNothing > GONE_LOOKS) return resultOf(run);
      const pause = run.looksAtNothing > 0 ? RECHECK_SECONDS * 1000 : REFUSED_RETRY_MS;
      await condition(hasNews, pause, { summary: 'until reading is tried again' });
      if (isToMove() || isLong()) await goOn(input, run);
      continue;
    }
    if (await moveAll(run, positions)) continue;
    const pauses = run.standings.flatMap(({ waitSeconds }) => waitSeconds ?? []);
    if (pauses.length === 0 && !run.isChanged) return resultOf(run);
    const seconds = Math.min(RECHECK_SECONDS, ...pauses);
    await condition(hasNews, seconds * 1000, { summary: whatIsWaitedFor(run) });
    if (isToMove() || workflowInfo().continueAsNewSuggested) await goOn(input, run);
  }
}

const goOn = (input: PayoutInput, { refusals }: PayoutRun): Promise<never> =>
  continueOnCurrentVersion<typeof payout>({ ...input, refusals });

/** Undefined says that it was refused, which an operator sees; a payout never ends by that. */
async function read(run: PayoutRun): Promise<readonly PositionOfVendor[] | undefined> {
  const { customer, source } = run;
  try {
    const facts = await stripe.readPayout.executeWithOptions({ summary: source }, [
      { customer, source },
    ]);
    run.looksAtNothing = facts.isGone ? run.looksAtNothing + 1 : 0;
    if (facts.isGone) return troubled(run, `Stripe has no ${source} any more`);
    const positions = await ledger.bookPayout({ customer, facts });
    run.trouble = undefined;
    return positions;
  } catch (error) {
    if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
    return troubled(run, causeOf(error));
  }
}

function troubled(run: PayoutRun, trouble: string): undefined {
  run.trouble = trouble;
  show(run, run.standings);
}

/** Takes one step for each vendor; whether anything was moved tells if all is to be read again. */
async function moveAll(run: PayoutRun, positions: readonly PositionOfVendor[]): Promise<boolean> {
  const steps = await Promise.all(positions.map((position) => move(run, position)));
  show(
    run,
    steps.map(({ isMoved: _, ...progress }) => progress),
  );
  return steps.some(({ isMoved }) => isMoved);
}

type Step = VendorProgress & { readonly isMoved: boolean };

async function move(run: PayoutRun, ofVendor: PositionOfVendor): Promise<Step> {
  const { position, account: balance, now } = ofVendor;
  const next = nextMove(position, balance, now);
  const { vendor, chargeId, earnedCents, movedCents, owedCents } = position;
  const figures = { vendor, chargeId, earnedCents, movedCents, owedCents };
  if (next.kind === 'nothing') return { ...figures, isMoved: false };
  if (next.kind === 'wait') {
    const seconds = next.reason === 'holdback' ? next.until - now : RECHECK_SECONDS;
    return { ...figures, waitsFor: next.reason, waitSeconds: Math.max(1, seconds), isMoved: false };
  }
  const refusal = await carryOut(run, ofVendor, next);
  return refusal ? { ...figures, ...refusal, isMoved: false } : { ...figures, isMoved: true };
}

type Refused = Pick<VendorProgress, 'waitsFor' | 'waitSeconds' | 'trouble'>;
type Movement = Exclude<NextMove, { kind: 'nothing' | 'wait' }>;

async function carryOut(
  run: PayoutRun,
  { position, now }: PositionOfVendor,
  next: Movement,
): Promise<Refused | undefined> {
  const { customer, source } = run;
  const { vendor, chargeId } = position;
  const share = { customer, source, vendor, chargeId };
  if (next.kind === 'offset' || next.kind === 'due') {
    try {
      const touched = await ledger.bookMove({ ...share, now, move: next });
      for (const other of touched.map(payoutSource)) if (other !== source) await tellPayout(other);
      return undefined;
    } catch (error) {
      return troubleOf(error);
    }
  }
  if (run.made.get(positionKey(share)) === next.number) return UNSEEN;
  const refusals = run.refusals[positionKey(share)] ?? 0;
  const { cents, number } = next;
  const order = { ...share, cents, number, refusals, decidedAt: Date.now() };
  const options = { summary: `${vendor}: ${cents} cents` };
  try {
    const outcome =
      next.kind === 'transfer'
        ? await payouts.transferShare.executeWithOptions(options, [order])
        : await payouts.reverseTransfer.executeWithOptions(options, [order]);
    if (outcome === 'made') {
      run.made.set(positionKey(share), number);
      return noteRefusals(run, share, 0);
    }
    noteRefusals(run, share, refusals + 1);
    return outcome === 'restricted'
      ? { waitsFor: 'account', waitSeconds: RECHECK_SECONDS }
      : uncovered(refusals);
  } catch (error) {
    const trouble = troubleOf(error);
    // Another payout may have moved it meanwhile: what is to be moved is found out anew.
    noteRefusals(run, share, refusals + 1);
    return trouble;
  }
}

/** What was refused is tried again; cancellations and bugs pass. */
function troubleOf(error: unknown): Refused {
  if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
  return { trouble: causeOf(error), waitSeconds: REFUSED_RETRY_MS / 1000 };
}

/** It was made, and reading does not show it yet: an immediate repetition would be the same. */
const UNSEEN: Refused = { waitsFor: 'sight', waitSeconds: 60 };

/** The vendor's balance was too low: it is tried later, or else it is a debt of the next payout. */
function uncovered(refusals: number): Refused {
  const waitSeconds = REVERSAL_RETRIES[refusals];
  return waitSeconds === undefined ? { waitsFor: 'debt' } : { waitsFor: 'balance', waitSeconds };
}

const positionKey = ({ vendor, chargeId }: { vendor: string; chargeId: string }): string =>
  `${vendor}:${chargeId}`;

function noteRefusals(
  run: PayoutRun,
  share: { vendor: string; chargeId: string },
  refusals: number,
): undefined {
  const key = positionKey(share);
  const others = Object.entries(run.refusals).filter(([other]) => other !== key);
  run.refusals = Object.fromEntries(refusals === 0 ? others : [...others, [key, refusals]]);
}

function show(run: PayoutRun, standings: readonly VendorProgress[]): void {
  run.standings = standings;
  setCurrentDetails(payoutDetails(run));
  const isTroubled = [run, ...standings].some(({ trouble }) => trouble !== undefined);
  if (isTroubled === run.isTroubled) return;
  run.isTroubled = isTroubled;
  upsertSearchAttributes([{ key: OpenException, value: isTroubled ? 'stripe_refused' : null }]);
}

const whatIsWaitedFor = ({ standings }: PayoutRun): string =>
  standings
    .filter(({ waitSeconds }) => waitSeconds !== undefined)
    .map(({ vendor, waitsFor }) => `${vendor}: ${waitsFor ?? 'what Stripe refused'}`)
    .join(', ');

const resultOf = ({ standings }: PayoutRun): PayoutResult => ({
  vendors: standings.map(({ vendor, earnedCents, movedCents }) => ({
    ...{ vendor, earnedCents, movedCents },
  })),
});
