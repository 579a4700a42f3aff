/** A vendor's connected account: what Stripe says of it, and whether money may be sent to it. */
import { DomainError } from '../errors';

/** Stripe has it so at this moment. */
export interface ConnectedAccount {
  readonly stripeAccountId: string;
  /** State of the capability `transfers`: active, inactive, pending. */
  readonly transfersStatus: string;
  readonly payoutsEnabled: boolean;
  /** What Stripe wants to know now, by Stripe's names. */
  readonly requirementsDue: readonly string[];
  readonly disabledReason: string | null;
}

/** What we know of a vendor's account. */
export interface KnownAccount extends Omit<ConnectedAccount, 'stripeAccountId'> {
  /** null: it is not made yet. */
  readonly stripeAccountId: string | null;
  /** Since when Stripe lets us see it no more; null: it does. */
  readonly deauthorizedAt: Date | null;
}

export type PayableAccount = KnownAccount & { readonly stripeAccountId: string };

/** Only an active account of which we have access takes transfers. */
export const mayReceiveTransfers = (account: KnownAccount): account is PayableAccount =>
  account.stripeAccountId !== null &&
  account.deauthorizedAt === null &&
  account.transfersStatus === 'active';

/** `toDo` is what could not be done, for the message. */
export function assertMayReceive(
  vendor: string,
  account: KnownAccount | undefined,
  toDo: string,
): asserts account is PayableAccount {
  if (account && mayReceiveTransfers(account)) return;
  const { requirementsDue = [], disabledReason = null } = account ?? {};
  throw new DomainError(
    'vendor_not_payable',
    `Vendor ${vendor} may not receive money yet: ${whyNot(account)}. ${toDo} when it may: ` +
      `PUT /v1/vendors/${vendor} gives the link by which the vendor settles what is due.`,
    { requirementsDue, disabledReason },
  );
}

function whyNot(account: KnownAccount | undefined): string {
  if (!account || account.stripeAccountId === null) return 'it has no account at Stripe';
  const { deauthorizedAt, transfersStatus, requirementsDue, disabledReason } = account;
  if (deauthorizedAt !== null)
    return `it took back our access to its account on ${deauthorizedAt.toISOString().slice(0, 10)}`;
  const due = requirementsDue.length > 0 ? requirementsDue.join(', ') : 'nothing by the vendor';
  const disabled = disabledReason === null ? '' : `, disabled: ${disabledReason}`;
  return `transfers to its account are ${transfersStatus}${disabled}; due: ${due}`;
}

/** What is different now; `currentAccount` null: Stripe does not show us the account any more. */
export function accountChanges(
  knownAccount: KnownAccount,
  currentAccount: ConnectedAccount | null,
  now: Date,
): Partial<KnownAccount> {
  const current: Omit<KnownAccount, 'stripeAccountId'> = currentAccount
    ? {
        transfersStatus: currentAccount.transfersStatus,
        payoutsEnabled: currentAccount.payoutsEnabled,
        requirementsDue: currentAccount.requirementsDue,
        disabledReason: currentAccount.disabledReason,
        deauthorizedAt: null,
      }
    : {
        transfersStatus: 'inactive',
        payoutsEnabled: false,
        requirementsDue: [],
        disabledReason: null,
        deauthorizedAt: knownAccount.deauthorizedAt ?? now,
      };
  const names = Object.keys(current) as (keyof typeof current)[];
  const changed = names.filter(
    (name) => JSON.stringify(knownAccount[name]) !== JSON.stringify(current[name]),
  );
  return Object.fromEntries(changed.map((name) => [name, current[name]]));
}
