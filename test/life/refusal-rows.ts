/** Each activity of a billing or dunning run, a life that reaches it, and what comes of it. */
import type { LIVES } from './refusal-lives';

export interface RefusalRow {
  readonly activity: string;
  readonly life: keyof typeof LIVES;
  /** Kind and subject of what is told when it is refused; null: its caller is, and asks again. */
  readonly told: readonly [string, RegExp] | null;
  /** What all invoices come to in the end, oldest first, worked out by hand. */
  readonly cents: readonly number[];
  /** The same where a change comes an hour later, since a day had no answer. */
  readonly centsAfterADay?: readonly number[];
}

const RENEWED = [2900, 2900 + 300];
/** 20 of 31 days: 9900 × 20 / 31 = 6387, less 2900 × 20 / 31 = 1871. */
const UPGRADED = [2900, 6387 - 1871, 9900];

export const ROWS: readonly RefusalRow[] = [
  {
    activity: 'readBatches',
    life: 'lost signal',
    told: ['stripe_refused', /^batches$/],
    cents: RENEWED,
  },
  ...(['drainLedger', 'sumLedger', 'sumMeters', 'releaseInvoice'] as const).map(
    (activity): RefusalRow => ({
      ...{ activity, life: 'renewal', told: ['stripe_refused', /^closing:in_/], cents: RENEWED },
    }),
  ),
  ...(['readSubscription', 'readInvoice', 'recordPeriods'] as const).map(
    (activity): RefusalRow => ({
      ...{ activity, life: 'renewal', told: ['stripe_refused', /./], cents: RENEWED },
    }),
  ),
  {
    activity: 'holdInvoice',
    life: 'renewal',
    told: ['stripe_refused', /^hold:in_/],
    cents: RENEWED,
  },
  {
    activity: 'reportUsage',
    life: 'renewal',
    told: ['report_refused', /^overage_standard$/],
    cents: RENEWED,
  },
  {
    activity: 'notify',
    life: 'renewal',
    told: ['stripe_refused', /^threshold:/],
    cents: RENEWED,
  },
  {
    activity: 'recountLedger',
    life: 'upgrade',
    told: ['stripe_refused', /^recount$/],
    cents: UPGRADED,
  },
  {
    activity: 'changePlan',
    life: 'upgrade',
    told: null,
    cents: UPGRADED,
    // One hour less than 20 days of 31: 6374 - 1867.
    centsAfterADay: [2900, 4507, 9900],
  },
  {
    activity: 'arrangeItems',
    life: 'item removed',
    told: ['stripe_refused', /^sub_/],
    cents: RENEWED,
  },
  {
    activity: 'undoCheckout',
    life: 'bought twice',
    told: ['stripe_refused', /^(sub|in|cs)_/],
    // The second one is paid, and given back.
    cents: [2900, 2900, 2900 + 300],
    // It renews meanwhile, and that is given back, too.
    centsAfterADay: [2900, 2900, 2900 + 300, 2900 + 300],
  },
  {
    activity: 'takeCheckoutCard',
    life: 'card by checkout',
    told: ['stripe_refused', /^cs_/],
    cents: RENEWED,
  },
  {
    activity: 'takeDefaultCard',
    life: 'card by portal',
    told: ['stripe_refused', /^cus_/],
    cents: RENEWED,
  },
  { activity: 'pinCatalog', life: 'unpinned', told: ['stripe_refused', /^sub_/], cents: RENEWED },
  { activity: 'recordDunningPause', life: 'dunning paused', told: null, cents: RENEWED },
  { activity: 'changeSubscription', life: 'cancellation', told: null, cents: [2900, 300] },
  {
    activity: 'followSubscription',
    life: 'return',
    told: ['stripe_refused', /^sub_/],
    cents: [2900, 300, 2900, 2900],
  },
  { activity: 'recordGrant', life: 'grant', told: null, cents: [2900, 2900] },
  {
    activity: 'addLateItem',
    life: 'late usage',
    told: ['stripe_refused', /^closing:in_/],
    cents: [2900, 2900, 2900 + 300],
  },
  {
    activity: 'recordResolution',
    life: 'held draft',
    told: ['stripe_refused', /^resolution:invoice_differs:in_/],
    cents: [2900, 2900 + 315],
  },
  { activity: 'readMoneyBack', life: 'refund', told: ['stripe_refused', /^ch_/], cents: RENEWED },
  {
    activity: 'ingestUsage',
    life: 'signalled',
    told: ['stripe_refused', /^signal:/],
    cents: RENEWED,
  },
  {
    activity: 'writeOffLate',
    life: 'late after the end',
    told: ['stripe_refused', /^late:/],
    cents: [2900, 300],
  },
  {
    activity: 'giveUpInvoice',
    life: 'given up',
    told: ['stripe_refused', /^dunning:in_/],
    cents: RENEWED,
  },
  ...(['readDunningPolicy', 'recordDunning'] as const).map((activity): RefusalRow => ({
    ...{ activity, life: 'unpaid', told: ['stripe_refused', /^dunning:in_/], cents: RENEWED },
  })),
  {
    activity: 'finalizeInvoice',
    life: 'not finalized',
    told: ['finalization_failed', /^in_/],
    cents: [...RENEWED, 2900],
  },
];
