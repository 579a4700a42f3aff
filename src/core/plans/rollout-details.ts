/** A rollout as operators read it in the Temporal UI. */
import { formatCents } from '../money';
import type { RolloutState } from './rollout';
import type { RolloutPreview, Sale } from './rollout-preview';
import { grouped } from '../grouped';

export function rolloutDetails(state: RolloutState): string {
  const { planId, version, when, phase, approval, trouble, currency } = state;
  return [
    `**${planId}** to catalog version **${version}**, ${WHEN[when]}: **${phase}**`,
    ...(trouble ? [`**Stopped** ${trouble.customer ?? ''}: ${trouble.why}`] : []),
    revenueText(state.preview, currency),
    ...(approval ? [`Approved by ${approval.by}: ${approval.reason}`] : []),
    ...(approval ? [`${grouped(state.moved)} moved${countsText(state.leftOut)}`] : []),
    ...state.preview.changes.map(
      ({ customer, beforeCents, afterCents }) =>
        `- ${customer}: ${formatCents(beforeCents, currency)} → ${formatCents(afterCents, currency)}`,
    ),
  ].join('\n\n');
}

const WHEN = { now: 'at once', period_end: 'with the next period' } as const;

/** `12 customers, $348.00 → $468.00 a period (+$120.00)`, and how many are left out. */
export function revenueText(preview: RolloutPreview, currency: string): string {
  const { customers, beforeCents, afterCents, isComplete } = preview;
  const change = afterCents - beforeCents;
  const sign = change < 0 ? '−' : '+';
  return (
    `${grouped(customers)} customers${isComplete ? '' : ' so far'}, ` +
    `${formatCents(beforeCents, currency)} → ${formatCents(afterCents, currency)} a period ` +
    `(${sign}${formatCents(Math.abs(change), currency)})${countsText(preview.leftOut)}`
  );
}

export function countsText(counts: Readonly<Partial<Record<string, number>>>): string {
  const texts = Object.entries(counts).map(([reason, count]) => `${count} ${reason}`);
  return texts.length === 0 ? '' : `; left out: ${texts.join(', ')}`;
}

export function saleText(sale: Sale, currency: string): string {
  const tokens = sale.includedTokens === null ? 'unlimited' : grouped(sale.includedTokens);
  const rates = Object.entries(sale.rates).map(([rate, price]) => `${rate} ${price}`);
  return [
    formatCents(sale.monthlyPriceCents, currency),
    `${tokens} tokens`,
    ...(rates.length > 0 ? [rates.join(', ')] : []),
  ].join(' · ');
}
