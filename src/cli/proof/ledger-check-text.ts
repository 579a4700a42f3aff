/** A check of the ledger for people: a row for each rate of each period, then what is wrong. */
import { isoSecond } from '../../core/period';
import { describeFault } from '../../core/proof/ledger-check';
import type { PeriodCheck } from '../../core/proof/ledger-check';
import { plainTable } from '../operator/operator';
import type { CustomerCheck } from '../../drift/check-customer';
import { grouped } from '../../core/grouped';
import type { LedgerCheck } from './check-ledger';

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

export function ledgerCheckText({ ok, customers, unread }: LedgerCheck): string {
  const rows = customers.flatMap(({ customer, periods }) =>
    periods.flatMap((period) => periodRows(customer, period)),
  );
  const remarks = [
    ...customers.flatMap((check) => remarksOn(check)),
    ...unread.map(({ customer, reason }) => `${customer}: could not be checked: ${reason}`),
  ];
  const periods = customers.reduce((sum, check) => sum + check.periods.length, 0);
  const verdict = ok
    ? `${customers.length} customers, ${periods} periods: no drift.`
    : `Drift: ${customers.filter(({ equal }) => !equal).length} of ${customers.length} customers.`;
  return [plainTable(HEAD, rows, 4), ...remarks, verdict].join('\n');
}

function periodRows(customer: string, period: PeriodCheck): string[][] {
  const { usedTokens, periodStart, phase } = period;
  const startDay = isoSecond(periodStart).slice(0, 10);
  const usedColumns = [grouped(usedTokens.ledger), grouped(usedTokens.workflow)];
  return [
    [
      customer,
      startDay,
      phase,
      'used',
      ...usedColumns,
      '',
      grouped(usedTokens.ledger - usedTokens.workflow),
    ],
    ...period.rates.map((rate) => [
      customer,
      startDay,
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
  const place = `${customer}, period of ${isoSecond(periodStart)}`;
  const faults = proof.faults.map((fault) => `${place}: ${describeFault(fault)}`);
  const hiddenCount = proof.faultCount - faults.length;
  const archivedMonths = proof.archivedMonths ?? [];
  return [
    ...faults,
    archivedMonths.length > 0
      ? `${place}: usage events are archived (${archivedMonths.join(', ')}), and not compared with ` +
        'the batches: verify-invoice --archive does that'
      : '',
    hiddenCount > 0
      ? `${place}: ${hiddenCount} more places where batches and usage events differ`
      : '',
    lateTokens > 0
      ? `${place}: ${grouped(lateTokens)} tokens came after the period was closed: late usage`
      : '',
  ].filter((remark) => remark !== '');
}
