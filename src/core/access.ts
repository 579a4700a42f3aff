/**
 * What an app is advised to do as the allowance runs out. Advice only: usage is always recorded.
 */
import type { BillingStatus } from './billing-state';
import type { AccessPolicy } from './catalog';

export interface Access {
  readonly state: 'ok' | 'warned' | 'throttled' | 'revoked';
  readonly reasons: readonly AccessReason[];
  readonly requestsPerMinute?: number;
  /** The plan that would help. */
  readonly upgrade?: string;
}

export interface AccessReason {
  readonly code:
    'subscription_ended' | 'payment_past_due' | 'allowance_warning' | 'allowance_exceeded';
  readonly message: string;
}

export interface AccessFacts {
  readonly policy: AccessPolicy;
  readonly billingStatus: BillingStatus;
  /** null: unlimited, or no period yet. */
  readonly includedTokens: number | null;
  readonly usedTokens: number;
}

export function accessOf({
  policy,
  billingStatus,
  includedTokens,
  usedTokens,
}: AccessFacts): Access {
  if (billingStatus === 'ended') {
    const message = 'The subscription has ended.';
    return { state: 'revoked', reasons: [{ code: 'subscription_ended', message }] };
  }
  const reached = (percent: number | null): percent is number =>
    percent !== null &&
    includedTokens !== null &&
    includedTokens > 0 &&
    usedTokens * 100 >= includedTokens * percent;
  const reasons: AccessReason[] = [];
  if (billingStatus === 'past_due')
    reasons.push({ code: 'payment_past_due', message: 'An invoice is unpaid.' });
  const used = `${usedTokens} of ${includedTokens} included tokens are used`;
  if (reached(policy.throttleAtPercent))
    reasons.push({ code: 'allowance_exceeded', message: `${used}.` });
  else if (reached(policy.warnAtPercent))
    reasons.push({ code: 'allowance_warning', message: `${used}.` });
  const nearLimit = reasons.some(({ code }) => code !== 'payment_past_due');
  const upgrade = nearLimit && policy.upgradeTo !== null ? { upgrade: policy.upgradeTo } : {};
  if (reached(policy.throttleAtPercent) && policy.throttledRequestsPerMinute !== null) {
    const requestsPerMinute = policy.throttledRequestsPerMinute;
    return { state: 'throttled', reasons, requestsPerMinute, ...upgrade };
  }
  return { state: reasons.length > 0 ? 'warned' : 'ok', reasons, ...upgrade };
}
