/** The text that operators see in the Temporal UI of `payout:{source}`, in Markdown. */

/** Where the payout to one vendor stands. */
export interface VendorProgress {
  readonly vendor: string;
  readonly chargeId: string;
  readonly earnedCents: number;
  readonly movedCents: number;
  /** Negative: the vendor owes it. */
  readonly owedCents: number;
  /** debt: the vendor's balance did not cover a reversal; the next payout is less by it. */
  readonly waitsFor?: 'holdback' | 'account' | 'minimum' | 'balance' | 'debt' | 'sight';
  /** It is looked at again then, at the latest. Absent: it is not waited for. */
  readonly waitSeconds?: number;
  /** What Stripe refuses at the moment. */
  readonly trouble?: string;
}

export interface PayoutStatus {
  readonly customer: string;
  /** The invoice, or the charge of a one-off sale. */
  readonly source: string;
  readonly standings: readonly VendorProgress[];
  /** Why the charges can't be read at the moment. */
  readonly trouble?: string | undefined;
}

const WAITING: Readonly<Record<NonNullable<VendorProgress['waitsFor']>, string>> = {
  holdback: 'the holdback is not over',
  account: 'the account may not receive transfers yet',
  minimum: 'less than the minimum is due to the vendor',
  balance: "the vendor's balance does not cover the reversal: tried again",
  sight: 'Stripe has made a movement and does not show it yet',
  debt: "the vendor's balance did not cover the reversal: the next payout is less by it",
};

export function payoutDetails({
  customer,
  source,
  standings,
  trouble: unread,
}: PayoutStatus): string {
  const troubles = standings.flatMap(({ vendor, trouble }) =>
    trouble === undefined ? [] : [`**Open exception** (stripe_refused) of ${vendor}: ${trouble}`],
  );
  const rows = standings.map(
    ({ vendor, earnedCents, movedCents, owedCents, waitsFor }) =>
      `| ${vendor} | ${earnedCents} | ${movedCents} | ${owedCents} ` +
      `| ${waitsFor === undefined ? '' : WAITING[waitsFor]} |`,
  );
  const table = ['| vendor | earned | moved | owed | waits, because |', '|---|--:|--:|--:|---|'];
  return [
    `### ${customer}: vendors’ shares of \`${source}\`, in cents`,
    ...(unread === undefined ? [] : [`**Open exception** (stripe_refused): ${unread}`]),
    ...troubles,
    rows.length === 0 ? 'Nothing of it is a vendor’s.' : [...table, ...rows].join('\n'),
  ].join('\n\n');
}
