/** Every activity with its task queue, timeout and retry policy, in one table. */
import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities';
import { BILLING_TASK_QUEUE, STRIPE_TASK_QUEUE } from './contract';

/** Our own database: quick, idempotent, retried until it is back. */
export const ledger = proxyActivities<
  Pick<Activities, 'readBatches' | 'drainLedger' | 'sumLedger' | 'recordPeriods' | 'notify'>
>({
  taskQueue: BILLING_TASK_QUEUE,
  startToCloseTimeout: '30 seconds',
  retry: {
    initialInterval: '500 milliseconds',
    backoffCoefficient: 2,
    maximumInterval: '30 seconds',
  },
});

/** Reading from Stripe: retried until it answers; a refusal ends the attempt. */
export const stripe = proxyActivities<
  Pick<
    Activities,
    'readSubscription' | 'readInvoice' | 'sumMeters' | 'holdInvoice' | 'releaseInvoice'
  >
>({
  taskQueue: STRIPE_TASK_QUEUE,
  startToCloseTimeout: '60 seconds',
  scheduleToCloseTimeout: '22 hours',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
});

/** The daily reconciliation: long reading in bounded parts, alive by its heartbeats. */
export const reconciler = proxyActivities<
  Pick<Activities, 'recoverStripeEvents' | 'hintOverdueCustomers'>
>({
  taskQueue: STRIPE_TASK_QUEUE,
  startToCloseTimeout: '30 minutes',
  heartbeatTimeout: '2 minutes',
  scheduleToCloseTimeout: '6 hours',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '5 minutes' },
});

/**
 * Reporting usage. Stripe forgets an identifier 24 hours after it first saw it, so one activity
 * never lives longer than 22; the next one, older than 23, looks up before it sends.
 */
export const { reportUsage } = proxyActivities<Pick<Activities, 'reportUsage'>>({
  taskQueue: STRIPE_TASK_QUEUE,
  startToCloseTimeout: '60 seconds',
  scheduleToCloseTimeout: '22 hours',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
});
