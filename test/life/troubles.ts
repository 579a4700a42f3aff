/** What befalls the activities of a life: attempts that fail, and refusals that no retry mends. */
import { ApplicationFailure } from '@temporalio/common';

export class Troubles {
  /** So many of the next attempts fail before they begin, or are not heard of. */
  faultsAhead: { readonly when: 'before' | 'after'; readonly times: number } = {
    when: 'before',
    times: 0,
  };
  /** Each of these activities is refused once: by Stripe with a status, or by our database. */
  readonly refusals = new Map<string, number | 'record'>();
  /** These activities are refused until it is over. */
  readonly outages = new Set<string>();
  /** Each of these activities has no answer once, for so many milliseconds. */
  readonly hangs = new Map<string, number>();

  /** Until then, in milliseconds, no call of these activities gets through. */
  outage: { readonly until: number; readonly of: readonly string[] } = { until: 0, of: [] };

  /** Milliseconds: when an activity was refused, and when it was tried again. */
  readonly refusedAt = new Map<string, number>();
  readonly againAt = new Map<string, number>();
  /** Attempts at each activity so far. */
  readonly attempts = new Map<string, number>();

  constructor(private readonly now: () => number) {}

  hangOf(activity: string): number {
    const ms = this.hangs.get(activity) ?? 0;
    this.hangs.delete(activity);
    return ms;
  }

  end(): void {
    this.faultsAhead = { when: 'before', times: 0 };
    this.refusals.clear();
    this.outages.clear();
    this.hangs.clear();
  }

  disturb(activity: string, when: 'before' | 'after'): void {
    if (when === 'before') this.attempts.set(activity, (this.attempts.get(activity) ?? 0) + 1);
    if (this.now() < this.outage.until && this.outage.of.includes(activity))
      throw new Error('no connection');
    if (when === 'before' && this.outages.has(activity))
      throw ApplicationFailure.nonRetryable('SQLSTATE 22P05', 'record_refused');
    const status = when === 'before' ? this.refusals.get(activity) : undefined;
    if (status !== undefined) {
      this.refusals.delete(activity);
      this.refusedAt.set(activity, this.now());
      throw status === 'record'
        ? ApplicationFailure.nonRetryable('SQLSTATE 22P05, by chance', 'record_refused')
        : ApplicationFailure.nonRetryable(`HTTP ${status}, by chance`, 'stripe_refused');
    }
    if (this.refusedAt.has(activity) && !this.againAt.has(activity))
      this.againAt.set(activity, this.now());
    if (this.faultsAhead.times === 0 || this.faultsAhead.when !== when) return;
    this.faultsAhead = { ...this.faultsAhead, times: this.faultsAhead.times - 1 };
    throw new Error(`the answer was lost (${when})`);
  }
}
