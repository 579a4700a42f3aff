/** `tollkeeper catalog check`: the file by itself, and beside what customers were sold. */
import type { Pool } from 'pg';
import { catalogFile } from '../../config';
import type { Catalog } from '../../core/plans/catalog';
import { againstCustomers } from '../../core/plans/catalog-against-customers';
import type {
  AgainstCustomers,
  LeftBehind,
  SoldOtherwise,
} from '../../core/plans/catalog-against-customers';
import { createPool } from '../../db/pool';
import { listSoldToCustomers } from '../../db/sold-to-customers';
import { loadCatalog } from '../../stripe/catalog-file';
import { print } from '../operator/operator';
import type { OutputOptions } from '../operator/operator';
import { operatorConfig } from '../operator/operator-config';

export interface CheckOptions extends OutputOptions {
  /** Asks the database who is on what. */
  readonly againstCustomers?: boolean;
}

/** Checks the file that `push` and the services take unless another is given. */
export async function checkCatalog(path: string | undefined, options: CheckOptions): Promise<void> {
  const file = path ?? catalogFile();
  const catalog = await loadCatalog(file);
  const { plans, rates, vendors } = catalog;
  const counts = { plans: plans.length, rates: rates.length, vendors: vendors.length };
  const comparison = options.againstCustomers ? await compared(catalog) : undefined;
  print(
    { file, valid: true, ...counts, ...comparison },
    () =>
      [
        `${file} is valid: ${counts.plans} plans, ${counts.rates} rates, every rate above its cost.`,
        ...(comparison ? [againstText(comparison)] : []),
      ].join('\n'),
    options,
  );
  if (comparison && comparison.leftBehind.length > 0) process.exitCode = 1;
}

async function compared(catalog: Catalog): Promise<AgainstCustomers> {
  const { DATABASE_URL } = await operatorConfig();
  const pool = createPool({ connectionString: DATABASE_URL, max: 1 });
  try {
    return await compareWithCustomers(pool, catalog);
  } finally {
    await pool.end();
  }
}

export const compareWithCustomers = async (
  pool: Pool,
  catalog: Catalog,
): Promise<AgainstCustomers> => againstCustomers(catalog, await listSoldToCustomers(pool));

export function againstText({ leftBehind, soldOtherwise }: AgainstCustomers): string {
  const lines = [...leftBehind.map(leftBehindText), ...soldOtherwise.map(soldOtherwiseText)];
  return lines.length > 0
    ? lines.join('\n')
    : 'Every customer is on what the file has, at its prices and allowance.';
}

function leftBehindText({ customer, plans, rates, vendors }: LeftBehind): string {
  const named = (noun: string, ids: readonly string[]) =>
    ids.length > 0 ? [`${noun} ${ids.join(', ')}`] : [];
  const missingNames = [
    ...named('plan', plans),
    ...named('rate', rates),
    ...named('vendor', vendors),
  ];
  return `${customer} is on what the file no longer has: ${missingNames.join('; ')}.`;
}

const soldOtherwiseText = ({ plan, version, customers }: SoldOtherwise): string =>
  `${customers.length} on ${plan} as sold by ${version ? `catalog ${version}` : 'no version'}: ` +
  'other prices or allowance than the file. They keep them until they are moved.';
