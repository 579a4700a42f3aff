/** What operators filter workflows by; `src/temporal/connect.ts` registers the same names. */
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';

export const CustomerId = defineSearchAttributeKey('CustomerId', SearchAttributeType.KEYWORD);
export const PlanId = defineSearchAttributeKey('PlanId', SearchAttributeType.KEYWORD);
export const BillingStatusKey = defineSearchAttributeKey(
  'BillingStatus',
  SearchAttributeType.KEYWORD,
);
export const PeriodEnd = defineSearchAttributeKey('PeriodEnd', SearchAttributeType.DATETIME);
export const DunningStep = defineSearchAttributeKey('DunningStep', SearchAttributeType.KEYWORD);
export const OpenException = defineSearchAttributeKey('OpenException', SearchAttributeType.KEYWORD);
