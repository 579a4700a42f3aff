/** What a line for late usage says to the customer who reads the invoice. */
import { isoSecond } from '../period';
import type { LateItem } from '../state/period-state';

export const describeLateItem = (item: LateItem): string =>
  item.tokens === 0
    ? `Correction of ${spanOf(item)} (plan ${item.planId})`
    : `Late usage of ${spanOf(item)}: ${item.tokens} tokens ` +
      `(${item.rateId}, plan ${item.planId})${item.correctionCents ? ', corrected' : ''}`;

const spanOf = ({ periodStart, periodEnd }: LateItem): string =>
  `${isoSecond(periodStart).slice(0, 10)} to ${isoSecond(periodEnd).slice(0, 10)}`;
