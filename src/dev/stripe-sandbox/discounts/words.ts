/** What a coupon takes off, and for how long, in the words of a page. */
import type { Coupon } from '../objects-discount';

export function offText(coupon: Coupon): string {
  const { percent_off: percent, amount_off: amount, currency, duration } = coupon;
  const off =
    percent === null
      ? `${((amount ?? 0) / 100).toFixed(2)} ${String(currency).toUpperCase()} off`
      : `${percent}% off`;
  if (duration === 'forever') return off;
  const months = coupon.duration_in_months ?? 0;
  return duration === 'once' ? `${off} once` : `${off} for ${months} months`;
}
