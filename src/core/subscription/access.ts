/** Advises an app as the allowance runs out. It is advice only: usage is always recorded. */
import type { BillingStatus } from '../state/billing-state';
import type { AccessPolicy } from '../plans/catalog';
import type { DunningAccess } from '../state/remembered';
import { isPercentReached } from '../counting/allowance';

export interface Access {
  readonly state: 'ok' | 'warned' | 'throttled' | 'revoked';
  readonly reasons: readonly AccessReason[];
  readonly requestsPerMinute?: number;
  /** The plan that would help. */
  readonly upgrade?: string;
}

export interface AccessReason {
  readonly code:
    | 'subscription_ended'
    | 'subscription_paused'
    | 'payment_incomplete'
    | 'payment_past_due'
    | 'allowance_warning'
    | 'allowance_exceeded'
    | 'plan_unknown';
  readonly message: string;
}

export interface AccessFacts {
  /** null: no catalog that we know of has the plan. */
  readonly policy: AccessPolicy | null;
  readonly billingStatus: BillingStatus;
  /** What unpaid invoices mean for access; null: there is no dunning. */
  readonly dunningAccess: DunningAccess | null;
  /** null: it is unlimited, or there is no period yet. */
  readonly includedTokens: number | null;
  readonly usedTokens: number;
  /** Used tokens that no grant covers. */
  readonly uncoveredTokens: number;
}

const NO_ADVICE: AccessPolicy = {
  ...{ warnAtPercent: null, throttleAtPercent: null },
  ...{ throttledRequestsPerMinute: null, upgradeTo: null },
};

const PLAN_UNKNOWN: AccessReason = {
  code: 'plan_unknown',
  message: 'No catalog that was ever stored has the plan, so usage leads to no advice.',
};

/** Unpaid invoices throttle to this on a plan whose own policy never throttles. */
const UNPAID_REQUESTS_PER_MINUTE = 60;

export function accessOf({
  policy: catalogPolicy,
  billingStatus,
  dunningAccess,
  includedTokens,
  usedTokens,
  uncoveredTokens,
}: AccessFacts): Access {
  if (billingStatus === 'ended') {
    const message = 'The subscription has ended.';
    return { state: 'revoked', reasons: [{ code: 'subscription_ended', message }] };
  }
  const reached = (percent: number | null): percent is number =>
    percent !== null && isPercentReached({ includedTokens }, uncoveredTokens, percent);
  const policy = catalogPolicy ?? NO_ADVICE;
  const reasons: AccessReason[] = [];
  if (billingStatus === 'paused') {
    const message = 'The trial is over and there is no way to pay: the subscription is paused.';
    reasons.push({ code: 'subscription_paused', message });
  }
  if (billingStatus === 'incomplete')
    reasons.push({ code: 'payment_incomplete', message: 'The first payment is not made yet.' });
  if (billingStatus === 'past_due' || dunningAccess !== null)
    reasons.push({ code: 'payment_past_due', message: 'An invoice is unpaid.' });
  const granted = usedTokens - uncoveredTokens;
  const used =
    `${usedTokens} of ${includedTokens} included tokens are used` +
    (granted > 0 ? `, ${granted} of them covered by grants` : '');
  if (reached(policy.throttleAtPercent))
    reasons.push({ code: 'allowance_exceeded', message: `${used}.` });
  else if (reached(policy.warnAtPercent))
    reasons.push({ code: 'allowance_warning', message: `${used}.` });
  const nearLimit = reasons.some(({ code }) => code.startsWith('allowance_'));
  const upgrade = nearLimit && policy.upgradeTo !== null ? { upgrade: policy.upgradeTo } : {};
  const isPastPoint = reached(policy.throttleAtPercent);
  const requestsPerMinute = policy.throttledRequestsPerMinute ?? UNPAID_REQUESTS_PER_MINUTE;
  const isThrottled = isPastPoint && policy.throttledRequestsPerMinute !== null;
  if (isThrottled || dunningAccess === 'throttled')
    return { state: 'throttled', reasons, requestsPerMinute, ...upgrade };
  const state = reasons.length > 0 ? 'warned' : 'ok';
  // A customer is not warned of it: it is for whoever runs the app.
  return { state, reasons: catalogPolicy ? reasons : [...reasons, PLAN_UNKNOWN], ...upgrade };
}
