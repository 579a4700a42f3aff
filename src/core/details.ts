/** The text that operators see in the Temporal UI: the account at a glance, in Markdown. */
import type { BillingState, PeriodState } from './billing-state';
import { isoSecond } from './period';
import type { Statement } from './statement';
import { statementOf } from './statement';

export function accountDetails(state: BillingState): string {
  return [
    `### ${state.customer}: ${state.billingStatus}`,
    state.exception
      ? `**Open exception** (${state.exception.kind}): ${state.exception.message}\n`
      : '',
    ...[...state.periods].reverse().map((period) => periodDetails(state, period)),
    `Stripe customer \`${state.stripeCustomerId ?? 'not known yet'}\`, ` +
      `subscription \`${state.subscriptionId ?? 'not known yet'}\`. ` +
      `Counted up to usage batch ${state.appliedSequence} of ${state.knownSequence}` +
      (state.awaitsPeriod ? ' (the next one waits for the next period).' : '.'),
    state.unbilledTokens > 0
      ? `${grouped(state.unbilledTokens)} tokens counted belong to no open period.`
      : '',
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function periodDetails(state: BillingState, period: PeriodState): string {
  const statement = statementOf(state, period);
  const rows = statement.rates
    .filter((rate) => rate.tokens > 0)
    .map(
      (rate) =>
        `| ${rate.rateId} | ${grouped(rate.tokens)} | ${grouped(rate.reportedTokens)} ` +
        `| ${rate.pricePerMillionTokens} | ${rate.amountCents} |`,
    );
  const table =
    rows.length === 0
      ? 'Nothing billable.'
      : [
          '| rate | billable | reported | per million | cents |',
          '|---|--:|--:|--:|--:|',
          ...rows,
        ].join('\n');
  return `**${statement.planId}**, ${span(period)}, ${statement.phase}: ${usage(statement)}${invoice(
    statement,
  )}\n\n${table}`;
}

const span = (period: PeriodState): string =>
  `${isoSecond(period.start)} – ${isoSecond(period.end)}`;

function usage({ usedTokens, includedTokens, overageTokens }: Statement): string {
  if (includedTokens === null) return `${grouped(usedTokens)} tokens used, unlimited.`;
  return (
    `${grouped(usedTokens)} of ${grouped(includedTokens)} included tokens used, ` +
    `${grouped(overageTokens)} over.`
  );
}

const invoice = ({ invoice }: Statement): string =>
  invoice ? ` Invoice \`${invoice.id}\` is ${invoice.status}, ${invoice.totalCents} cents.` : '';

/** 1234567 → 1,234,567, without the locale of the machine that replays it. */
export const grouped = (tokens: number): string =>
  String(tokens).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
