/**
 * Tokens given to a customer on top of the allowance, used before overage and gone at their expiry.
 * What a grant covers follows from the usage events alone, not from when it was given within its
 * period: the ledger is counted again, and overage that it covers is taken back.
 */
import type { BillingState } from '../state/billing-state';
import { DomainError } from '../errors';
import type { PeriodState } from '../state/period-state';
import { allPeriods, requestRecount } from '../state/periods';
import type { TokenGrant } from '../state/remembered';

export interface NewGrant {
  readonly id: string;
  readonly tokens: number;
  readonly expiresAt: number | null;
}

export interface GrantRequest extends NewGrant {
  readonly reason: string;
}

/** Most tokens of one grant, so that all grants together are a safe integer. */
export const TOKENS_PER_GRANT_MAX = 1_000_000_000_000;
/** A customer may have so many at a time: the workflow's state stays small. */
export const GRANTS_MAX = 50;

/** The same grant again changes nothing. It is for usage from the current period's start on. */
export function withGrant(state: BillingState, { id, tokens, expiresAt }: NewGrant): BillingState {
  if (state.grants.some((grant) => grant.id === id)) return state;
  const since = state.periods.at(-1)?.start ?? 0;
  const grant: TokenGrant = { id, tokens, since, expiresAt, usedTokens: 0 };
  const grants = inOrderOfUse([...state.grants, grant]);
  return requestRecount({ ...state, grants }, `granted ${tokens} tokens (${id})`);
}

/** The grant could not be recorded: what it covers meanwhile is overage again. */
export function withoutGrant(state: BillingState, id: string): BillingState {
  const grants = state.grants.filter((grant) => grant.id !== id);
  if (grants.length === state.grants.length) return state;
  return requestRecount({ ...state, grants }, `grant ${id} was not recorded`);
}

export function assertGrantable(state: BillingState, grant: NewGrant): void {
  const current = state.periods.at(-1);
  if (state.billingStatus === 'ended' || !current) {
    throw new DomainError(
      'subscription_not_active',
      `${state.customer} is ${state.billingStatus}: a grant needs a subscription with a period.`,
    );
  }
  if (grant.expiresAt !== null && grant.expiresAt <= current.start) {
    throw new DomainError(
      'invalid_request',
      `The grant expires at ${grant.expiresAt}, before the current period began ` +
        `(${current.start}): expected a later time, or none.`,
    );
  }
  const same = state.grants.find(({ id }) => id === grant.id);
  if (same && (same.tokens !== grant.tokens || same.expiresAt !== grant.expiresAt)) {
    throw new DomainError(
      'grant_conflict',
      `Grant ${grant.id} is of ${same.tokens} tokens until ${same.expiresAt ?? 'ever'}, the ` +
        `request says ${grant.tokens} until ${grant.expiresAt ?? 'ever'}: use another id.`,
    );
  }
  const isNew = same === undefined;
  if (isNew && state.grants.length >= GRANTS_MAX) {
    throw new DomainError(
      'too_many_grants',
      `${state.customer} has ${state.grants.length} grants, the most there may be: let one expire.`,
    );
  }
}

/** What expires first is used first. */
export const inOrderOfUse = (grants: readonly TokenGrant[]): TokenGrant[] =>
  [...grants].sort(
    (a, b) =>
      (a.expiresAt ?? Infinity) - (b.expiresAt ?? Infinity) ||
      a.since - b.since ||
      (a.id < b.id ? -1 : 1),
  );

/** Covers as much of `tokens` used at `second` as the grants allow; answers what was taken. */
export function takeFromGrants(
  grants: readonly TokenGrant[],
  second: number,
  tokens: number,
): { readonly grants: readonly TokenGrant[]; readonly taken: Readonly<Record<string, number>> } {
  let openTokens = tokens;
  const uses: [string, number][] = [];
  const remainingGrants = grants.map((grant) => {
    const isUsable =
      grant.since <= second && (grant.expiresAt === null || second < grant.expiresAt);
    const part = isUsable ? Math.min(openTokens, grant.tokens - grant.usedTokens) : 0;
    if (part <= 0) return grant;
    openTokens -= part;
    uses.push([grant.id, part]);
    return { ...grant, usedTokens: grant.usedTokens + part };
  });
  return { grants: remainingGrants, taken: Object.fromEntries(uses) };
}

/** Only the uses' own keys count: a grant may be called "constructor". */
export const tokensTaken = (uses: PeriodState['grantUses'], grantId: string): number =>
  uses && Object.hasOwn(uses, grantId) ? (uses[grantId] ?? 0) : 0;

/** Gives back what these periods have used of the grants. */
export function returnToGrants(
  grants: readonly TokenGrant[],
  periods: readonly PeriodState[],
): TokenGrant[] {
  return grants.map((grant) => ({
    ...grant,
    usedTokens: periods.reduce(
      (used, { grantUses }) => used - tokensTaken(grantUses, grant.id),
      grant.usedTokens,
    ),
  }));
}

/** Works out the grants of now from the grants as they were before these periods used of them. */
export function takenByPeriods(
  grants: readonly TokenGrant[],
  periods: readonly Pick<PeriodState, 'grantUses'>[],
): TokenGrant[] {
  return grants.map((grant) => ({
    ...grant,
    usedTokens: periods.reduce(
      (used, { grantUses }) => used + tokensTaken(grantUses, grant.id),
      grant.usedTokens,
    ),
  }));
}

/** The tokens that usage of this period may still take at `now`. */
export const tokensLeft = (
  grants: readonly TokenGrant[],
  { end }: Pick<PeriodState, 'end'>,
  now: number,
): number =>
  grants
    .filter(({ since, expiresAt }) => since < end && (expiresAt === null || now < expiresAt))
    .reduce((sum, { tokens, usedTokens }) => sum + Math.max(0, tokens - usedTokens), 0);

export const grantedTokens = ({ grantUses }: Pick<PeriodState, 'grantUses'>): number =>
  Object.values(grantUses ?? {}).reduce((sum, tokens) => sum + tokens, 0);

/**
 * Drops grants that are used up, or expired before the oldest period that may still count usage.
 */
export function dropSpentGrants(state: BillingState): BillingState {
  const oldest = allPeriods(state)[0]?.start ?? 0;
  const grants = state.grants.filter(({ expiresAt }) => expiresAt === null || expiresAt > oldest);
  return grants.length === state.grants.length ? state : { ...state, grants };
}
