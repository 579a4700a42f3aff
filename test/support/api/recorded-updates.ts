/** Workflows that take every update, and a record of what they were asked. */
import type { BillingUpdates } from '../../../src/temporal/billing-updates';

export interface AskedUpdate {
  readonly update: keyof BillingUpdates;
  /** The customer, or the invoice. */
  readonly of: string;
  readonly message: unknown;
  readonly request: string | undefined;
}

export interface RecordedUpdates {
  readonly asked: AskedUpdate[];
  readonly updates: BillingUpdates;
}

/** A plan's terms hold from `from` on, a grant is for usage from then on. Unix seconds. */
export function recordUpdates(from: number): RecordedUpdates {
  const asked: AskedUpdate[] = [];
  const record =
    (update: keyof BillingUpdates) => async (of: string, message: unknown, request?: string) =>
      void asked.push({ update, of, message, request });
  return {
    asked,
    updates: {
      changePlan: async (customer, change, request) => {
        await record('changePlan')(customer, change, request);
        return { ...change, from };
      },
      grantTokens: async (customer, grant, request) => {
        await record('grantTokens')(customer, grant, request);
        const { id, tokens, expiresAt } = grant;
        return { id, tokens, expiresAt, since: from, usedTokens: 0 };
      },
      changeSubscription: record('changeSubscription'),
      resolveException: record('resolveException'),
      pauseDunning: (customer, invoice, message, request) =>
        record('pauseDunning')(`${customer}: ${invoice}`, message, request),
    },
  };
}
