/** The text that operators see in the Temporal UI: a customer's bill at a glance, in Markdown. */
import type { BillingState } from './billing-state';
import { isoSecond } from '../period';
import type { Statement } from '../invoices/statement';
import { statementOf } from '../invoices/statement';
import { grouped } from '../grouped';
import type { PeriodState } from './period-state';
import type { MoneyBack } from './remembered';

export function billingDetails(state: BillingState): string {
  return [
    `### ${state.customer}: ${state.billingStatus}`,
    ...state.exceptions.map(
      ({ kind, message, resolution }) =>
        `**Open exception** (${kind}${resolution ? `, decided: ${resolution.kind}` : ''}): ${message}\n`,
    ),
    ...standingDetails(state),
    ...[...state.periods].reverse().map((period) => periodDetails(state, period)),
    `Stripe customer \`${state.stripeCustomerId ?? 'not known yet'}\`, ` +
      `subscription \`${state.subscriptionId ?? 'not known yet'}\`. ` +
      `Counted up to usage batch ${state.appliedSequence} of ${state.knownSequence}` +
      (state.awaitsPeriod ? ' (the next one waits for the next period).' : '.'),
    state.unbilledTokens > 0
      ? `${grouped(state.unbilledTokens)} tokens counted belong to no open period.`
      : '',
    ...state.moneyBack.map(moneyBackDetails),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function standingDetails({ standing, dunning, grants, recount }: BillingState): string[] {
  const { nextPlan, cancelAt, collectionPaused } = standing;
  return [
    nextPlan ? `**${nextPlan.planId}** from ${isoSecond(nextPlan.from)} on.` : '',
    cancelAt === null ? '' : `Ends at ${isoSecond(cancelAt)}.`,
    collectionPaused ? `Collection is paused (${collectionPaused}).` : '',
    recount ? `The ledger is counted again: ${recount.reasons.join('; ')}.` : '',
    ...dunning.map(
      ({ invoiceId, day, access, isGivenUp }) =>
        `Invoice \`${invoiceId}\` is unpaid: ${isGivenUp ? 'given up' : `dunning, day ${day ?? 0}`}, ` +
        `access ${access}.`,
    ),
    ...grants.map(
      ({ id, tokens, usedTokens, expiresAt }) =>
        `Grant ${id}: ${grouped(tokens - usedTokens)} of ${grouped(tokens)} tokens left` +
        (expiresAt === null ? '.' : `, until ${isoSecond(expiresAt)}.`),
    ),
  ];
}

const moneyBackDetails = ({ chargeId, refundedCents, disputes }: MoneyBack): string =>
  `Charge \`${chargeId}\`: ${refundedCents} cents refunded` +
  disputes.map(({ id, status }) => `, dispute \`${id}\` ${status}`).join('') +
  '.';

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
