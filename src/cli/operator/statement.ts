/** `tollkeeper statement`: one period of a customer, as the workflow sees it. */
import { requireCustomer, requirePeriod } from '../../api/customers/customer-period';
import { formatCents } from '../../core/money';
import type { Statement } from '../../core/invoices/statement';
import { askWorkflow } from '../../drift/ask-workflow';
import { asOperator, plainList, plainTable, print, span } from './operator';
import type { OperatorDeps, OutputOptions } from './operator';
import { grouped } from '../../core/grouped';

export interface StatementReport {
  readonly statement: Statement;
  readonly currency: string;
  /**
   * `workflow` was asked now, `archive` is final, `written` is what the workflow last wrote down.
   */
  readonly source: 'workflow' | 'archive' | 'written';
  /** Why the workflow was not heard. */
  readonly note: string | null;
}

export async function statement(
  id: string,
  options: OutputOptions & { readonly period: string },
): Promise<void> {
  await asOperator(async (deps) =>
    print(await readStatement(deps, id, options.period), statementText, options),
  );
}

export async function readStatement(
  deps: OperatorDeps,
  id: string,
  period: string,
): Promise<StatementReport> {
  const { currency } = deps.catalog;
  const { customer } = await requireCustomer(deps.pool, id);
  const row = await requirePeriod(deps.pool, customer, period);
  if (row.archivedAt) return { statement: row.statement, currency, source: 'archive', note: null };
  const answer = await askWorkflow(deps, customer);
  const writtenStatement = { statement: row.statement, currency, source: 'written' as const };
  if (!answer.answered) return { ...writtenStatement, note: answer.reason };
  const live = answer.statements.find(
    ({ periodStart }) => periodStart === row.statement.periodStart,
  );
  // Archived between the two readings: what was written is final, or is about to be.
  if (!live) return { ...writtenStatement, note: 'The workflow has just closed this period.' };
  return { statement: live, currency, source: 'workflow', note: null };
}

const SOURCES = {
  workflow: 'asked of the workflow just now',
  archive: 'final, from the archive',
  written: 'as the workflow last wrote it',
};

export function statementText(report: StatementReport): string {
  const { statement, currency, source, note } = report;
  const { invoice, includedTokens } = statement;
  const facts = plainList([
    ['customer', statement.customer],
    ['plan', statement.planId],
    ['period', span({ start: statement.periodStart, end: statement.periodEnd })],
    ['phase', statement.phase],
    ['used', `${grouped(statement.usedTokens)} tokens`],
    ['included', includedTokens === null ? 'unlimited' : grouped(includedTokens)],
    ['over', grouped(statement.overageTokens)],
    ['without a rate', statement.unpricedTokens > 0 ? grouped(statement.unpricedTokens) : null],
    [
      'invoice',
      invoice && `${invoice.id} ${invoice.status}, ${formatCents(invoice.totalCents, currency)}`,
    ],
    ['source', `${SOURCES[source]}${note ? `: ${note}` : ''}`],
  ]);
  const rates = statement.rates.filter(({ tokens }) => tokens > 0);
  if (rates.length === 0) return `${facts}\nNothing is billable.`;
  const table = plainTable(
    ['rate', 'vendor', 'billable', 'at Stripe', 'per million', 'cents'],
    rates.map((rate) => [
      rate.rateId,
      rate.vendor ?? '',
      grouped(rate.tokens),
      grouped(rate.reportedTokens),
      rate.pricePerMillionTokens,
      rate.amountCents,
    ]),
    2,
  );
  return `${facts}\n${table}`;
}
