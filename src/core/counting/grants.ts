/**
 * Tokens given to a customer on top of the allowance, used before overage and gone at their expiry.
 * What a grant covers follows from the usage events alone, not from when it was given within its
 * period: the ledger is counted again, and overage that it covers is taken back.
 */
import type { BillingState, PeriodState } from './billing-state';
import { allPeriods, requestRecount } from './billing-state';
import { DomainError } from './errors';

export interface TokenGrant {
  readonly id: string;
  readonly tokens: number;
  /** Start of the period in which it was given: usage from then on may use it. Unix seconds. */
  readonly since: number;
  /** Usage from this second on may not. null: never expires. */
  readonly expiresAt: number | null;
  /** By all periods together. */
  readonly usedTokens: number;
}

export interface NewGrant {
  readonly id: string;
  readonly tokens: number;
  readonly expiresAt: number | null;
}

export interface GrantRequest extends NewGrant {
  readonly reason: string;
}

/** How many a customer may have at a time: the workflow's state stays small. */
export const GRANTS_MAX = 50;

/** The same grant again changes nothing. It is for usage from the current period's start on. */
export function withGrant(state: BillingState, { id, tokens, expiresAt }: NewGrant): BillingState {
  if (state.grants.some((grant) => grant.id === id)) return state;
  const since = state.periods.at(-1)?.start ?? 0;
  const grant: TokenGrant = { id, tokens, since, expiresAt, usedTokens: 0 };
  const grants = inOrderOfUse([...state.grants, grant]);
  return requestRecount({ ...state, grants }, `granted ${tokens} tokens (${id})`);
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
  let left = tokens;
  const taken: [string, number][] = [];
  const after = grants.map((grant) => {
    const isUsable =
      grant.since <= second && (grant.expiresAt === null || second < grant.expiresAt);
    const part = isUsable ? Math.min(left, grant.tokens - grant.usedTokens) : 0;
    if (part <= 0) return grant;
    left -= part;
    taken.push([grant.id, part]);
    return { ...grant, usedTokens: grant.usedTokens + part };
  });
  return { grants: after, taken: Object.fromEntries(taken) };
}

/** Asked for as the uses' own: a grant may be called "constructor". */
export const tokensTaken = (uses: PeriodState['grantUses'], grantId: string): number =>
  uses && Object.hasOwn(uses, grantId) ? (uses[grantId] ?? 0) : 0;

/** As if these periods had used nothing of the grants. */
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

export const grantedTokens = ({ grantUses }: Pick<PeriodState, 'grantUses'>): number =>
  Object.values(grantUses ?? {}).reduce((sum, tokens) => sum + tokens, 0);

/** Used up or expired before the oldest period that may still count usage. */
export function dropSpentGrants(state: BillingState): BillingState {
  const oldest = allPeriods(state)[0]?.start ?? 0;
  const grants = state.grants.filter(({ expiresAt }) => expiresAt === null || expiresAt > oldest);
  return grants.length === state.grants.length ? state : { ...state, grants };
}
