/** A reconciliation as people read it: a row for each rate of each period, then what is wrong. */
import { grouped } from '../core/details';
import { isoSecond } from '../core/period';
import { describeFault } from '../core/reconciliation';
import type { PeriodCheck } from '../core/reconciliation';
import { plainTable } from './operator';
import type { CustomerCheck, Reconciliation } from './reconcile';

const HEAD = [
  'customer',
  'period from',
  'phase',
  'rate',
  'ledger',
  'workflow',
  'Stripe meter',
  'drift',
];

export function reconciliationText({ ok, customers }: Reconciliation): string {
  const rows = customers.flatMap(({ customer, periods }) =>
    periods.flatMap((period) => periodRows(customer, period)),
  );
  const remarks = customers.flatMap((check) => remarksOn(check));
  const periods = customers.reduce((sum, check) => sum + check.periods.length, 0);
  const verdict = ok
    ? `${customers.length} customers, ${periods} periods: no drift.`
    : `Drift: ${customers.filter(({ equal }) => !equal).length} of ${customers.length} customers.`;
  return [plainTable(HEAD, rows, 4), ...remarks, verdict].join('\n');
}

function periodRows(customer: string, period: PeriodCheck): string[][] {
  const { usedTokens, periodStart, phase } = period;
  const from = isoSecond(periodStart).slice(0, 10);
  const used = [grouped(usedTokens.ledger), grouped(usedTokens.workflow)];
  return [
    [customer, from, phase, 'used', ...used, '', grouped(usedTokens.ledger - usedTokens.workflow)],
    ...period.rates.map((rate) => [
      customer,
      from,
      phase,
      rate.rateId,
      grouped(rate.ledger),
      grouped(rate.workflow),
      grouped(rate.meter),
      grouped(rate.drift),
    ]),
  ];
}

function remarksOn({ customer, periods, missingBatch, exceptions, note }: CustomerCheck): string[] {
  return [
    ...periods.flatMap((period) => periodRemarks(customer, period)),
    missingBatch === null ? '' : `${customer}: usage batch ${missingBatch} is not in the ledger.`,
    ...exceptions.map((exception) => `${customer}: open exception: ${exception}`),
    note ? `${customer}: compared with what the workflow last wrote. ${note}` : '',
  ].filter((remark) => remark !== '');
}

function periodRemarks(customer: string, { periodStart, proof, lateTokens }: PeriodCheck) {
  const where = `${customer}, period of ${isoSecond(periodStart)}`;
  const faults = proof.faults.map((fault) => `${where}: ${describeFault(fault)}`);
  const hidden = proof.faultCount - faults.length;
  return [
    ...faults,
    hidden > 0 ? `${where}: ${hidden} more places where batches and usage events differ` : '',
    lateTokens > 0
      ? `${where}: ${grouped(lateTokens)} tokens came after the period was closed: late usage`
      : '',
  ].filter((remark) => remark !== '');
}
