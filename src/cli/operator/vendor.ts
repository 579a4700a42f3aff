/** `tollkeeper vendor`: what vendors sold, were paid and are owed; of one, month by month. */
import { requireSeller } from '../../api/vendors/seller';
import type { Seller } from '../../api/vendors/seller';
import { readStatement } from '../../api/vendors/vendor-payouts';
import type { ListedStatement } from '../../api/vendors/vendor-payouts';
import { formatCents } from '../../core/money';
import { mayReceiveTransfers } from '../../core/vendors/vendor-account';
import type { VendorFigures } from '../../core/vendors/vendor-statement';
import { listVendors } from '../../db/vendors';
import { asOperator, plainList, plainTable, print } from './operator';
import type { OperatorDeps, OutputOptions } from './operator';

type VendorDeps = Pick<OperatorDeps, 'pool' | 'catalog'>;

export interface VendorReport extends Omit<Seller, 'account'>, ListedStatement {
  readonly currency: string;
  /** null: the catalog does not have the vendor any more. */
  readonly feePercent: string | null;
  /** null: it sells, and has no account yet. */
  readonly account: NonNullable<Seller['account']> | null;
}

export async function vendor(id: string | undefined, options: OutputOptions): Promise<void> {
  await asOperator(async (deps) =>
    id === undefined
      ? print(await readVendors(deps), vendorsText, options)
      : print(await readVendor(deps, id), vendorText, options),
  );
}

/** All that the catalog has, or that have an account. */
export async function readVendors(deps: VendorDeps): Promise<{ vendors: VendorReport[] }> {
  const catalogIds = deps.catalog.vendors.map(({ id }) => id);
  const knownIds = (await listVendors(deps.pool)).map((row) => row.vendor);
  const vendors: VendorReport[] = [];
  for (const id of [...new Set([...catalogIds, ...knownIds])].sort())
    vendors.push(await readVendor(deps, id));
  return { vendors };
}

export async function readVendor(deps: VendorDeps, id: string): Promise<VendorReport> {
  const { pool, catalog } = deps;
  const { vendor, name, account } = await requireSeller(deps, id);
  const { feePercent = null } = catalog.vendors.find((one) => one.id === id) ?? {};
  const statement = await readStatement(pool, vendor);
  const { currency } = catalog;
  return { vendor, name, currency, feePercent, account: account ?? null, ...statement };
}

export function vendorsText({ vendors }: { vendors: readonly VendorReport[] }): string {
  if (vendors.length === 0) return 'The catalog has no vendor.';
  const rows = vendors.map((one) => [
    one.vendor,
    accountText(one),
    one.feePercent === null ? 'not in the catalog' : `${one.feePercent}%`,
    ...moneyOf(one.totals, one.currency),
  ]);
  return plainTable(['vendor', 'account', 'fee %', ...MONEY], rows, 3);
}

export function vendorText(report: VendorReport): string {
  const { account, currency, heldCents, months } = report;
  const facts = plainList([
    ['vendor', report.vendor],
    ['name', report.name],
    ['email', account?.email],
    ['fee', report.feePercent === null ? 'not in the catalog' : `${report.feePercent}%`],
    ['account', accountText(report)],
    ['Stripe account', account?.stripeAccountId],
    ['Stripe asks for', account?.requirementsDue.join(', ')],
    ['balance due', formatCents(report.totals.balanceDueCents, currency)],
    ['held back', heldCents > 0 ? formatCents(heldCents, currency) : null],
  ]);
  if (months.length === 0) return `${facts}\n\nNothing is sold yet.`;
  const rows = months.map((each) => [each.month, String(each.tokens), ...moneyOf(each, currency)]);
  const movements = months.flatMap(({ month, transfers, reversals }) => [
    ...transfers.map((each) => ({ ...each, month, sign: 1 })),
    ...reversals.map((each) => ({ ...each, month, sign: -1 })),
  ]);
  const movementRows = movements.map((each) => [
    each.stripeId,
    each.month,
    each.invoiceId ?? 'one-off sale',
    each.chargeId,
    formatCents(each.sign * each.amountCents, currency),
  ]);
  return [
    facts,
    plainTable(['month', 'tokens', ...MONEY], rows, 1),
    ...(movementRows.length > 0
      ? [plainTable(['transfer or reversal', 'month', 'for', 'charge', 'amount'], movementRows, 4)]
      : []),
    ...(report.nextCursor === null
      ? []
      : [
          `These are the latest ${movementRows.length}. ` +
            `GET /v1/vendors/${report.vendor}/movements has them all.`,
        ]),
  ].join('\n\n');
}

const MONEY = ['sold', 'fee', 'share', 'came back', 'transferred', 'offset', 'due'];

const moneyOf = (figures: VendorFigures, currency: string): string[] =>
  [
    figures.grossCents,
    figures.feeCents,
    figures.shareCents,
    figures.moneyBackCents,
    figures.transferredCents - figures.reversedCents,
    figures.offsetCents,
    figures.balanceDueCents,
  ].map((cents) => formatCents(cents, currency));

function accountText({ account }: VendorReport): string {
  if (!account || account.stripeAccountId === null) return 'none yet';
  if (account.deauthorizedAt !== null) return 'disconnected';
  if (!mayReceiveTransfers(account)) return account.disabledReason ?? account.transfersStatus;
  return account.payoutsEnabled ? 'active' : 'active, no payouts to its bank';
}
