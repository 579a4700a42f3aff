/** The port through which usage and Stripe's hints reach workflows. */
import type { StripeEventHint, UsageRecorded } from '../../workflows/contract';

export interface WorkflowSignals {
  /** Resolves once Temporal has accepted the signal durably. */
  signalUsage(customer: string, usage: UsageRecorded): Promise<void>;
  signalStripeEvent(customer: string, hint: StripeEventHint): Promise<void>;
}
