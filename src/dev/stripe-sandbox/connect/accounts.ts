/** What a connected account may do: from what it has given, or as an operator ordered. */
import { emit } from '../events';
import type { Account, CapabilityStatus, Requirements } from '../objects-connect';
import { NOTHING_DUE } from '../shapes/account';
import type { World } from '../world';

const INDIVIDUAL = [
  'individual.address.city',
  'individual.address.line1',
  'individual.address.postal_code',
  'individual.address.state',
  'individual.dob.day',
  'individual.dob.month',
  'individual.dob.year',
  'individual.email',
  'individual.first_name',
  'individual.last_name',
  'individual.phone',
  'individual.ssn_last_4',
];
const COMPANY = [
  'company.address.city',
  'company.address.line1',
  'company.address.postal_code',
  'company.address.state',
  'company.name',
  'company.phone',
  'company.tax_id',
];
const ALWAYS = ['business_profile.mcc', 'business_profile.url'];
const TERMS = ['tos_acceptance.date', 'tos_acceptance.ip'];

/** Funds may be sent to it. */
export function mayReceive({ capabilities }: Account): boolean {
  return capabilities.transfers === 'active' || capabilities.legacy_payments === 'active';
}

/** What is still to be said of it, by Stripe's names. */
export function dueOf(world: World, account: Account): string[] {
  const dueFields = [...ALWAYS, ...TERMS, ...personOf(account)].filter(
    (name) => account.given[name] === undefined,
  );
  if (account.business_type === null) dueFields.push('business_type');
  if (!hasBank(world, account)) dueFields.push('external_account');
  return dueFields.sort();
}

export const hasBank = (world: World, { id }: Account): boolean =>
  world.store.where('bank_account', 'owner', id).length > 0;

function personOf(account: Account): string[] {
  if (account.business_type === 'individual') return INDIVIDUAL;
  return account.business_type === null ? [] : COMPANY;
}

/** Brings capabilities, requirements and flags up to date, and tells of what changed. */
export function reassess(
  world: World,
  account: Account,
  previousValues?: Record<string, unknown>,
): void {
  const earlierState = structuredClone(account);
  const { ordered } = account;
  const dueFields = ordered.currently_due ?? dueOf(world, account);
  const disabledReason = dueFields.length > 0 ? 'requirements.past_due' : null;
  const isRestricted = ordered.disabled_reason ?? disabledReason;
  for (const name of Object.keys(account.requestedAt)) {
    const earnedStatus: CapabilityStatus = isRestricted === null ? 'active' : 'inactive';
    account.capabilities[name] =
      name === 'transfers' ? (ordered.transfers ?? earnedStatus) : earnedStatus;
  }
  account.requirements = requirementsOf(account, dueFields, isRestricted);
  account.payouts_enabled =
    ordered.payouts_enabled ?? (isRestricted === null && hasBank(world, account));
  account.charges_enabled = account.capabilities.card_payments === 'active';
  account.details_submitted ||= dueOf(world, account).length === 0;
  world.store.put('account', account);
  tell(world, earlierState, account, previousValues);
}

function requirementsOf(
  account: Account,
  dueFields: string[],
  reason: string | null,
): Requirements {
  const isPastDue = reason === 'requirements.past_due';
  return {
    ...structuredClone(NOTHING_DUE),
    currently_due: dueFields,
    disabled_reason: reason,
    eventually_due: dueFields,
    past_due: isPastDue ? dueFields : [],
    pending_verification: account.ordered.transfers === 'pending' ? ['verification.document'] : [],
  };
}

const TOLD = ['capabilities', 'charges_enabled', 'payouts_enabled', 'requirements'] as const;

/** Without `previousValues`, the account is being made, of which Stripe tells nobody. */
function tell(
  world: World,
  earlierState: Account,
  account: Account,
  previousValues: Record<string, unknown> | undefined,
): void {
  if (previousValues === undefined) return;
  const changedValues: Record<string, unknown> = { ...previousValues };
  for (const field of [...TOLD, 'details_submitted'] as const)
    if (JSON.stringify(earlierState[field]) !== JSON.stringify(account[field]))
      changedValues[field] = earlierState[field];
  if (Object.keys(changedValues).length > 0)
    told(world, account, 'account.updated', account, changedValues);
  for (const [name, status] of Object.entries(account.capabilities))
    if (earlierState.capabilities[name] !== status)
      told(world, account, 'capability.updated', capabilityOf(account, name), {
        status: earlierState.capabilities[name] ?? 'unrequested',
      });
}

/** The account's own affair: Connect endpoints hear of it, with its id. */
function told(
  world: World,
  account: Account,
  type: string,
  object: Record<string, unknown>,
  previousValues: Record<string, unknown>,
): void {
  const storedObject = { ...object, owner: account.id } as unknown as Account;
  emit(world, type, storedObject, previousValues);
}

export function capabilityOf(account: Account, name: string): Record<string, unknown> {
  const status = account.capabilities[name] ?? 'unrequested';
  const requestedAt = account.requestedAt[name];
  const { currently_due: dueFields, past_due: pastDueFields } = account.requirements;
  const isLimited = status === 'inactive' && requestedAt !== undefined;
  return {
    id: name,
    object: 'capability',
    account: account.id,
    future_requirements: structuredClone(NOTHING_DUE),
    requested: requestedAt !== undefined,
    requested_at: requestedAt ?? null,
    requirements: {
      ...structuredClone(NOTHING_DUE),
      currently_due: isLimited ? dueFields : [],
      disabled_reason: isLimited ? 'requirements.fields_needed' : null,
      eventually_due: isLimited ? dueFields : [],
      past_due: isLimited ? pastDueFields : [],
    },
    status,
  };
}

/** Acts as if its owner had filled in Stripe's form to the end. */
export function completeOnboarding(world: World, account: Account): void {
  const previousValues = { details_submitted: account.details_submitted };
  account.business_type ??= 'individual';
  for (const name of [...ALWAYS, ...TERMS, ...personOf(account)])
    account.given[name] ??= 'given on the page';
  account.details_submitted = true;
  reassess(world, account, previousValues);
}
