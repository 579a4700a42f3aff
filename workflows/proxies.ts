/** Every activity with its task queue, timeout and retry policy, in one table. */
import { proxyActivities } from '@temporalio/workflow';
import type { Activities, ImportActivities, RolloutActivities } from '../activities';
import { BILLING_TASK_QUEUE, STRIPE_METERS_TASK_QUEUE, STRIPE_TASK_QUEUE } from './contract';

const QUICK_RETRY = {
  initialInterval: '500 milliseconds',
  backoffCoefficient: 2,
  maximumInterval: '30 seconds',
} as const;
const STRIPE_RETRY = {
  initialInterval: '1 second',
  backoffCoefficient: 2,
  maximumInterval: '1 minute',
} as const;

/**
 * What is urgent goes first where calls to Stripe wait for their turn; a run begins with the
 * fairness key of its customer, so that no customer's many calls keep those of others waiting.
 */
const FIRST = { priorityKey: 1 };
const SECOND = { priorityKey: 2 };
const LAST = { priorityKey: 5 };

/** An operator is told when Stripe has refused something, and it is tried again after this. */
export const REFUSED_RETRY_MS = 5 * 60 * 1000;

/** How long an invoice's comparison, or a cancellation, waits for reports that are under way. */
export const FLUSH_PATIENCE = '1 minute';

/** These touch our own database: quick, idempotent, retried until it is back. */
export const ledger = proxyActivities<
  Pick<
    Activities,
    | 'readBatches'
    | 'drainLedger'
    | 'sumLedger'
    | 'recordPeriods'
    | 'recordGrant'
    | 'recordResolution'
    | 'recordDunning'
    | 'recordDunningPause'
    | 'readDunningPolicy'
    | 'writeOffLate'
    | 'bookPayout'
    | 'bookMove'
    | 'notify'
    | 'ingestUsage'
  >
>({ taskQueue: BILLING_TASK_QUEUE, startToCloseTimeout: '30 seconds', retry: QUICK_RETRY });

/** Reads as much of the ledger as a customer has in the open periods, and says how far it is. */
export const { recountLedger } = proxyActivities<Pick<Activities, 'recountLedger'>>({
  taskQueue: BILLING_TASK_QUEUE,
  startToCloseTimeout: '30 minutes',
  heartbeatTimeout: '30 seconds',
  retry: QUICK_RETRY,
});

const AT_STRIPE = {
  taskQueue: STRIPE_TASK_QUEUE,
  startToCloseTimeout: '60 seconds',
  scheduleToCloseTimeout: '22 hours',
  retry: STRIPE_RETRY,
} as const;

/** These read from Stripe, and are retried until it answers; a refusal ends the attempt. */
export const stripe =
  proxyActivities<
    Pick<
      Activities,
      | 'readSubscription'
      | 'followSubscription'
      | 'readMoneyBack'
      | 'readPayout'
      | 'arrangeItems'
      | 'pinCatalog'
      | 'giveUpInvoice'
      | 'takeCheckoutCard'
      | 'takeDefaultCard'
      | 'undoCheckout'
    >
  >(AT_STRIPE);

/** These keep a wrong invoice from leaving, and let go one that is right. */
export const holds = proxyActivities<
  Pick<Activities, 'holdInvoice' | 'releaseInvoice' | 'finalizeInvoice'>
>({ ...AT_STRIPE, priority: FIRST });

/** These compare an invoice before Stripe finalizes it by itself. */
export const closes = proxyActivities<
  Pick<Activities, 'readInvoice' | 'sumMeters' | 'addLateItem'>
>({ ...AT_STRIPE, priority: SECOND });

/** These move vendors' money, within the time for which Stripe keeps a key. */
export const payouts = proxyActivities<Pick<Activities, 'transferShare' | 'reverseTransfer'>>({
  taskQueue: STRIPE_TASK_QUEUE,
  startToCloseTimeout: '60 seconds',
  scheduleToCloseTimeout: '22 hours',
  retry: STRIPE_RETRY,
});

/** Changes that somebody waits for: they fail in time to be told. */
export const changes = proxyActivities<Pick<Activities, 'changePlan' | 'changeSubscription'>>({
  taskQueue: STRIPE_TASK_QUEUE,
  startToCloseTimeout: '30 seconds',
  scheduleToCloseTimeout: '2 minutes',
  retry: STRIPE_RETRY,
});

/** The daily reconciliation reads long, in bounded parts, alive by its heartbeats. */
export const lostEvents = proxyActivities<
  Pick<Activities, 'recoverStripeEvents' | 'hintOverdueCustomers'>
>({
  taskQueue: STRIPE_TASK_QUEUE,
  startToCloseTimeout: '30 minutes',
  heartbeatTimeout: '2 minutes',
  scheduleToCloseTimeout: '6 hours',
  priority: LAST,
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '5 minutes' },
});

/**
 * Stripe forgets an identifier 24 hours after it first saw it, so one activity that reports usage
 * never lives longer than 22; the next one, older than 23, looks up before it sends.
 */
export const { reportUsage } = proxyActivities<Pick<Activities, 'reportUsage'>>({
  taskQueue: STRIPE_METERS_TASK_QUEUE,
  startToCloseTimeout: '60 seconds',
  scheduleToCloseTimeout: '22 hours',
  retry: STRIPE_RETRY,
});

/** A rollout's own steps read long, in pages, alive by their heartbeats. One that fails is told. */
export const rolloutList = proxyActivities<
  Pick<RolloutActivities, 'previewRollout' | 'listRollout' | 'findRolloutTrouble' | 'recordRollout'>
>({
  taskQueue: BILLING_TASK_QUEUE,
  startToCloseTimeout: '30 minutes',
  heartbeatTimeout: '2 minutes',
  scheduleToCloseTimeout: '2 hours',
  retry: QUICK_RETRY,
});

/**
 * It has longer than a customer's workflow is waited for; whoever does not answer stops the
 * rollout.
 */
export const rolloutCustomer = proxyActivities<Pick<RolloutActivities, 'moveCustomer'>>({
  taskQueue: BILLING_TASK_QUEUE,
  startToCloseTimeout: '6 minutes',
  heartbeatTimeout: '10 seconds',
  retry: { ...QUICK_RETRY, maximumAttempts: 5 },
});

/** What an import reads and marks at Stripe. A refusal ends the attempt, and is told. */
export const importStripe = proxyActivities<
  Pick<
    Activities,
    'readImport' | 'migrateSubscription' | 'markPrice' | 'markSubscription' | 'unmarkSubscription'
  >
>({
  taskQueue: STRIPE_TASK_QUEUE,
  startToCloseTimeout: '30 seconds',
  scheduleToCloseTimeout: '22 hours',
  retry: STRIPE_RETRY,
  priority: LAST,
});

type AskingActivity = 'letGoImported' | 'forgetImported';

/**
 * These touch our own database, or start a workflow: quick, so that what a killed worker had begun
 * is soon tried again.
 */
export const importRecords = proxyActivities<Omit<ImportActivities, AskingActivity>>({
  taskQueue: BILLING_TASK_QUEUE,
  startToCloseTimeout: '30 seconds',
  retry: QUICK_RETRY,
});

/** These have longer than a customer's workflow is waited for. */
export const imported = proxyActivities<Pick<ImportActivities, AskingActivity>>({
  taskQueue: BILLING_TASK_QUEUE,
  startToCloseTimeout: '5 minutes',
  retry: QUICK_RETRY,
});
