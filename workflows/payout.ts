/**
 * `payout:{source}`: the vendors' shares of one paid invoice, or of a one-off sale. Until what was
 * moved equals what was earned (docs/decisions/0017-vendors-have-books.md):
 *   read     the charges, what came back of them, and what Stripe has moved
 *   book     the difference to what the vendors' books say
 *   move     a transfer, a reversal, or an offset in the books, one step for each vendor
 *   wait     for a holdback, an account, a minimum, a balance: a signal ends it, or a day
 * It begins anew when money comes back after it has ended.
 */
import {
  condition,
  continueAsNew,
  isCancellation,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { ActivityFailure } from '@temporalio/common';
import { nextMove } from '../src/core/payout-position';
import type { NextMove } from '../src/core/payout-position';
import { payoutSource } from '../src/core/payout-facts';
import type { PayoutStanding } from '../src/core/payout-facts';
import { payoutDetails } from '../src/core/payout-details';
import type { VendorStanding } from '../src/core/payout-details';
import { tellPayout } from './begin-payout';
import { payoutChanged, payoutStatus } from './contract';
import type { PayoutInput, PayoutResult } from './contract';
import { ledger, payouts, REFUSED_RETRY, stripe } from './proxies';
import { causeOf } from './report-usage';
import { CustomerId, OpenException } from './search-attributes';

/** A lost signal costs a day. */
const RECHECK_SECONDS = 24 * 60 * 60;
const HOUR_SECONDS = 60 * 60;
/** After a reversal that the vendor's balance did not cover; then it is a debt. Three days. */
const REVERSAL_RETRIES = [1, 6, 24, 41].map((hours) => hours * HOUR_SECONDS);

interface Payout {
  readonly customer: string;
  readonly source: string;
  /** Something happened: all is to be read again. */
  isChanged: boolean;
  standings: readonly VendorStanding[];
  /** Why the charges could not be read. */
  trouble: string | undefined;
  isTroubled: boolean;
  /** How often Stripe has refused a movement of a vendor and charge. */
  refusals: Readonly<Record<string, number>>;
  /** The number of the last movement of a vendor and charge that was made. */
  readonly made: Map<string, number>;
}

export async function payout(input: PayoutInput): Promise<PayoutResult> {
  const { customer, source, refusals = {} } = input;
  const open: Payout = {
    customer,
    source,
    isChanged: true,
    standings: [],
    trouble: undefined,
    isTroubled: false,
    refusals,
    made: new Map(),
  };
  setHandler(payoutChanged, () => {
    open.isChanged = true;
  });
  setHandler(payoutStatus, () => {
    const { standings, trouble } = open;
    return { customer, source, standings, ...(trouble !== undefined && { trouble }) };
  });
  upsertSearchAttributes([{ key: CustomerId, value: customer }]);
  for (;;) {
    open.isChanged = false;
    const isTold = () => open.isChanged;
    const standings = await read(open);
    if (standings === undefined) {
      await condition(isTold, REFUSED_RETRY, { summary: 'until reading is tried again' });
      continue;
    }
    if (await moveAll(open, standings)) continue;
    const pauses = open.standings.flatMap(({ waitSeconds }) => waitSeconds ?? []);
    if (pauses.length === 0 && !open.isChanged) return resultOf(open);
    const seconds = Math.min(RECHECK_SECONDS, ...pauses);
    await condition(isTold, seconds * 1000, { summary: whatIsWaitedFor(open) });
    if (workflowInfo().continueAsNewSuggested)
      await continueAsNew<typeof payout>({ ...input, refusals: open.refusals });
  }
}

/** Undefined: it was refused, which an operator sees; a payout never ends by that. */
async function read(open: Payout): Promise<readonly PayoutStanding[] | undefined> {
  const { customer, source } = open;
  try {
    const facts = await stripe.readPayout.executeWithOptions({ summary: source }, [
      { customer, source },
    ]);
    const standings = await ledger.bookPayout({ customer, facts });
    open.trouble = undefined;
    return standings;
  } catch (error) {
    if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
    open.trouble = causeOf(error);
    show(open, open.standings);
    return undefined;
  }
}

/** One step for each vendor; whether anything was moved, so that all is to be read again. */
async function moveAll(open: Payout, standings: readonly PayoutStanding[]): Promise<boolean> {
  const steps = await Promise.all(standings.map((standing) => move(open, standing)));
  show(
    open,
    steps.map(({ isMoved: _, ...standing }) => standing),
  );
  return steps.some(({ isMoved }) => isMoved);
}

type Step = VendorStanding & { readonly isMoved: boolean };

async function move(open: Payout, standing: PayoutStanding): Promise<Step> {
  const { position, account, now } = standing;
  const next = nextMove(position, account, now);
  const { vendor, chargeId, earnedCents, movedCents, owedCents } = position;
  const told = { vendor, chargeId, earnedCents, movedCents, owedCents };
  if (next.kind === 'nothing') return { ...told, isMoved: false };
  if (next.kind === 'wait') {
    const until = next.reason === 'holdback' ? next.until - now : RECHECK_SECONDS;
    return { ...told, waitsFor: next.reason, waitSeconds: Math.max(1, until), isMoved: false };
  }
  const refused = await carryOut(open, standing, next);
  return refused ? { ...told, ...refused, isMoved: false } : { ...told, isMoved: true };
}

type Refused = Pick<VendorStanding, 'waitsFor' | 'waitSeconds' | 'trouble'>;
type Movement = Exclude<NextMove, { kind: 'nothing' | 'wait' }>;

async function carryOut(
  open: Payout,
  { position, now }: PayoutStanding,
  next: Movement,
): Promise<Refused | undefined> {
  const { customer, source } = open;
  const { vendor, chargeId } = position;
  const of = { customer, source, vendor, chargeId };
  if (next.kind === 'offset' || next.kind === 'due') {
    const touched = await ledger.bookMove({ ...of, now, move: next });
    for (const other of touched.map(payoutSource)) if (other !== source) await tellPayout(other);
    return undefined;
  }
  if (open.made.get(positionKey(of)) === next.number) return UNSEEN;
  const refusals = open.refusals[positionKey(of)] ?? 0;
  const order = { ...of, cents: next.cents, number: next.number, refusals, decidedAt: Date.now() };
  const options = { summary: `${vendor}: ${next.cents} cents` };
  try {
    const outcome =
      next.kind === 'transfer'
        ? await payouts.transferShare.executeWithOptions(options, [order])
        : await payouts.reverseTransfer.executeWithOptions(options, [order]);
    if (outcome === 'made') {
      open.made.set(positionKey(of), next.number);
      return noteRefusals(open, of, 0);
    }
    noteRefusals(open, of, refusals + 1);
    return outcome === 'restricted'
      ? { waitsFor: 'account', waitSeconds: RECHECK_SECONDS }
      : uncovered(refusals);
  } catch (error) {
    if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
    // Another payout may have moved it meanwhile: what is to be moved is found out anew.
    noteRefusals(open, of, refusals + 1);
    return { trouble: causeOf(error), waitSeconds: REFUSED_RETRY_SECONDS };
  }
}

const REFUSED_RETRY_SECONDS = 5 * 60;
/** It was made, and reading does not show it yet: asked again at once it would be the same. */
const UNSEEN: Refused = { waitsFor: 'sight', waitSeconds: 60 };

/** The vendor's balance was too low: later, or else it is a debt of the next payout. */
function uncovered(refusals: number): Refused {
  const waitSeconds = REVERSAL_RETRIES[refusals];
  return waitSeconds === undefined ? { waitsFor: 'debt' } : { waitsFor: 'balance', waitSeconds };
}

const positionKey = ({ vendor, chargeId }: { vendor: string; chargeId: string }): string =>
  `${vendor}:${chargeId}`;

function noteRefusals(
  open: Payout,
  of: { vendor: string; chargeId: string },
  refusals: number,
): undefined {
  const key = positionKey(of);
  const others = Object.entries(open.refusals).filter(([other]) => other !== key);
  open.refusals = Object.fromEntries(refusals === 0 ? others : [...others, [key, refusals]]);
}

function show(open: Payout, standings: readonly VendorStanding[]): void {
  open.standings = standings;
  setCurrentDetails(payoutDetails(open));
  const isTroubled = [open, ...standings].some(({ trouble }) => trouble !== undefined);
  if (isTroubled === open.isTroubled) return;
  open.isTroubled = isTroubled;
  upsertSearchAttributes([{ key: OpenException, value: isTroubled ? 'stripe_refused' : null }]);
}

const whatIsWaitedFor = ({ standings }: Payout): string =>
  standings
    .filter(({ waitSeconds }) => waitSeconds !== undefined)
    .map(({ vendor, waitsFor }) => `${vendor}: ${waitsFor ?? 'what Stripe refused'}`)
    .join(', ');

const resultOf = ({ standings }: Payout): PayoutResult => ({
  vendors: standings.map(({ vendor, earnedCents, movedCents }) => ({
    ...{ vendor, earnedCents, movedCents },
  })),
});
