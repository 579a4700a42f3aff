/**
 * `tollkeeper import compare`: of everybody who is observed, period by period, what would have been
 * billed beside what was, and why they differ. Reads the ledger and Stripe, and writes nothing.
 */
import type { Pool } from 'pg';
import type Stripe from 'stripe';
import { besideInvoice, periodsOf } from '../../core/adoption/side-by-side';
import type { SideBySide } from '../../core/adoption/side-by-side';
import { grouped } from '../../core/grouped';
import { formatCents } from '../../core/money';
import type { Catalog } from '../../core/plans/catalog';
import { termsAsSold } from '../../core/plans/catalog-version';
import { openPeriod } from '../../core/state/periods';
import { findCatalogVersion } from '../../db/catalog-versions';
import { listImports } from '../../db/imports';
import type { ImportRow } from '../../db/imports';
import { recountFromLedger } from '../../db/ledger-recount';
import { drainLedger } from '../../ingest/sealing';
import { readSubscriptionFacts } from '../../stripe/subscription-facts';
import { readTheirInvoices } from '../../stripe/their-invoices';
import { asOperator, plainTable, print, span } from '../operator/operator';
import type { OutputOptions } from '../operator/operator';
import { CommandRefused } from '../terminal/refused';

export interface CompareDeps {
  readonly pool: Pool;
  readonly stripe: Stripe;
  readonly catalog: Catalog;
}

export interface ComparedImport {
  readonly customer: string;
  readonly subscription: string;
  readonly plan: string;
  readonly periods: readonly SideBySide[];
}

const AT_ONCE = 10;
const TELL_EVERY = 100;

export async function importCompare(
  customer: string | undefined,
  options: OutputOptions,
): Promise<void> {
  await asOperator(async (deps) => {
    const compared = await compareImports(deps, customer, (line) => console.error(line));
    const text = (all: readonly ComparedImport[]) => compareText(all, deps.catalog.currency);
    print(compared, text, options);
    const isExplained = compared.every(({ periods }) => periods.every((one) => one.isExplained));
    if (!isExplained) process.exitCode = 1;
  });
}

/**
 * All who are or were observed are compared, or the one that is named: of who is billed by now, the
 * periods before that.
 */
export async function compareImports(
  deps: CompareDeps,
  customer: string | undefined,
  tell: (line: string) => void,
): Promise<ComparedImport[]> {
  const all = await listImports(deps.pool, ['observed', 'waiting', 'billed']);
  const observed = all.filter((row) => secondsOf(row.observedSince) < observedUntil(row));
  const rows = observed.filter((row) => customer === undefined || row.customer === customer);
  if (customer !== undefined && rows.length === 0)
    throw new CommandRefused(
      `Nobody called ${customer} is observed: expected the id of one whom import apply --mode ` +
        'observe has taken up.',
    );
  const compared: ComparedImport[] = [];
  for (let from = 0; from < rows.length; from += AT_ONCE) {
    const part = rows.slice(from, from + AT_ONCE);
    compared.push(...(await Promise.all(part.map((row) => compareOne(deps, row)))));
    if (compared.length % TELL_EVERY < AT_ONCE && rows.length > TELL_EVERY)
      tell(`· ${grouped(compared.length)} of ${grouped(rows.length)} compared`);
  }
  return compared;
}

const secondsOf = (time: Date | null): number => (time?.getTime() ?? 0) / 1000;

/** The second from which on it is ours. */
const observedUntil = ({ phase, billsFrom }: ImportRow): number =>
  phase === 'billed' ? secondsOf(billsFrom) : Infinity;

async function compareOne(
  { pool, stripe, catalog }: CompareDeps,
  row: ImportRow,
): Promise<ComparedImport> {
  const { customer, subscription, plan, price, catalogVersion, observedSince } = row;
  const stored = await findCatalogVersion(pool, catalogVersion);
  if (!stored)
    throw new CommandRefused(
      `${subscription} is observed by catalog ${catalogVersion}, which is not stored.`,
    );
  const terms = termsAsSold(stored, catalog, plan);
  const { period: current } = await readSubscriptionFacts(stripe, subscription);
  const invoices = await readTheirInvoices(stripe, subscription);
  const since = secondsOf(observedSince);
  const upToSequence = await drainLedger(pool, customer);
  const periods: SideBySide[] = [];
  for (const { period, invoice } of current ? periodsOf(invoices, price, current) : []) {
    if (period.end <= since || period.end > observedUntil(row)) continue;
    const counted = await recountFromLedger(pool, {
      ...{ customer, upToSequence, grants: [] },
      periods: [openPeriod(period, terms)],
    });
    const [countedPeriod = openPeriod(period, terms)] = counted.periods;
    periods.push({
      ...besideInvoice(countedPeriod, price, invoice, catalog.currency),
      ...(period.start < since && { observedFrom: since }),
    });
  }
  return { customer, subscription, plan, periods };
}

export function compareText(compared: readonly ComparedImport[], currency: string): string {
  const all = compared.flatMap(({ periods }) => periods);
  const closed = all.filter(({ theirsCents }) => theirsCents !== null);
  const total = (of: (one: SideBySide) => number) =>
    formatCents(
      closed.reduce((sum, one) => sum + of(one), 0),
      currency,
    );
  const unexplained = all.filter(({ isExplained }) => !isExplained).length;
  return [
    `${grouped(compared.length)} customers are observed; ${grouped(closed.length)} of their periods ` +
      'are invoiced by whoever bills today:',
    `  would have been billed  ${total((one) => one.oursCents)}`,
    `  was billed              ${total((one) => one.theirsCents ?? 0)}`,
    unexplained === 0
      ? 'Every difference is explained.'
      : `Differences of ${grouped(unexplained)} periods are not explained.`,
    ...(compared.length === 1 ? [tableOf(compared, currency)] : []),
  ].join('\n');
}

const tableOf = (compared: readonly ComparedImport[], currency: string): string =>
  plainTable(
    ['period', 'would have been', 'was', 'why'],
    compared.flatMap(({ periods }) =>
      periods.map((one) => [
        span(one.period),
        formatCents(one.oursCents, currency),
        one.theirsCents === null ? 'not yet' : formatCents(one.theirsCents, currency),
        one.differences.map(({ why }) => why).join('; ') || 'equal',
      ]),
    ),
    1,
  );
