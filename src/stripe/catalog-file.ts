/** catalog.yaml → Catalog: reads, validates, and reports every fault at once with what it saw. */
import { readFile } from 'node:fs/promises';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { catalogFaults } from '../core/plans/catalog-faults';
import { GIVE_UP_ACTIONS } from '../core/plans/catalog';
import type { Catalog } from '../core/plans/catalog';
import { DomainError } from '../core/errors';
import { describeMarginFault, marginFaults } from '../core/plans/margin-check';
import { shortened } from '../core/text';
import { TOKEN_TYPES } from '../core/usage/usage';

const id = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,39}$/, 'expected a lower-case id such as overage_standard');
const name = z.string().min(1).max(100);
const price = z
  .string('expected a decimal in quotes, such as "3.00"')
  .regex(/^\d{1,9}(\.\d{1,8})?$/, 'expected a decimal with at most 8 places, such as "3.00"');
const day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, 'expected a day such as 2026-01-31');
const percent = z.number().int().min(1).max(1000);
const tokenType = z.enum(TOKEN_TYPES);
const model = z
  .string()
  .regex(/^([^*\s]+\*?|\*)$/, 'expected a model name, or a prefix that ends in *');

const notifications = z.strictObject({ thresholds: z.array(percent).max(20) });
/** They tell when it is soon used up, and when it is. */
const USUAL_NOTIFICATIONS = { thresholds: [80, 100] };

const plan = z.strictObject({
  id,
  name,
  vendor: id.optional(),
  monthlyPriceCents: z.number().int().min(0).max(99_999_999),
  includedTokens: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).nullable(),
  lateUsage: z.enum(['next_invoice', 'write_off']),
  rates: z.array(id),
  features: z.array(id),
  access: z.strictObject({
    warnAtPercent: percent.nullable(),
    throttleAtPercent: percent.nullable(),
    throttledRequestsPerMinute: z.number().int().min(1).nullable(),
    upgradeTo: id.nullable(),
  }),
  notifications: notifications.optional(),
  selfService: z.boolean().optional(),
});

const rate = z.strictObject({
  id,
  name,
  models: z.array(model).min(1),
  tokenTypes: z.array(tokenType).min(1).optional(),
  pricePerMillionTokens: price,
});

const vendor = z.strictObject({
  id,
  name,
  feePercent: z
    .string('expected a percentage in quotes, such as "15"')
    .regex(/^(100|\d{1,2}(\.\d{1,2})?)$/, 'expected 0 to 100 with at most 2 places'),
  feeOnRefund: z.enum(['returned', 'kept']).default('returned'),
  holdbackDays: z.number().int().min(0).max(90).default(0),
  minimumPayoutCents: z.number().int().min(0).max(99_999_999).default(0),
  countsTowardAllowance: z.boolean().default(false),
  rates: z.array(id).min(1),
});

const cost = z.strictObject({
  model: z.string().regex(/^[^*\s]+$/, 'expected one exact model name'),
  from: day,
  perMillionTokens: z.partialRecord(tokenType, price),
});

const modelName = z.strictObject({
  names: z.array(model).min(1),
  serviceTier: z.string().min(1).max(40).optional(),
  model,
});

const catalogSchema = z.strictObject({
  // Two decimal places, as money.ts counts. Another such currency only needs naming here.
  currency: z.enum(['usd', 'eur', 'gbp', 'cad', 'aud', 'chf']),
  defaultPlan: id,
  subscriptionItemsMax: z.int().min(1).optional(),
  plans: z.array(plan).min(1),
  rates: z.array(rate),
  vendors: z.array(vendor),
  costBook: z.array(cost),
  notifications: notifications.default(USUAL_NOTIFICATIONS),
  grantsAfterEnd: z.enum(['keep', 'expire']).optional(),
  modelNames: z.array(modelName).optional(),
  dunning: z.strictObject({
    steps: z
      .array(
        z.strictObject({
          day: z.number().int().min(0).max(60),
          action: z.enum(['notify', 'throttle', 'give_up']),
        }),
      )
      .min(1),
    giveUp: z.enum(GIVE_UP_ACTIONS).default('cancel'),
  }),
});

/** Reads the catalog and refuses one with a fault or with a rate below cost. */
export async function loadCatalog(path: string, onDate = today()): Promise<Catalog> {
  const catalog = await readCatalog(path);
  const losses = marginFaults(catalog, onDate);
  if (losses.length > 0) {
    throw new DomainError(
      'rate_below_cost',
      `${path} sells below cost:\n${indent(losses.map(describeMarginFault))}`,
      { faults: losses },
    );
  }
  return catalog;
}

/** It leaves out the margin check, for `catalog check`, which shows the losses as a table. */
export async function readCatalog(path: string): Promise<Catalog> {
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    throw new DomainError(
      'catalog_invalid',
      `The catalog ${path} can't be read (${error.message}): set CATALOG_FILE to its path.`,
    );
  });
  let document: unknown;
  try {
    document = parseYaml(text);
  } catch (error) {
    throw invalid(path, [`It is not YAML: ${(error as Error).message}`]);
  }
  return parseCatalog(document, path);
}

export function parseCatalog(document: unknown, source = 'The catalog'): Catalog {
  const result = catalogSchema.safeParse(document);
  if (!result.success) {
    throw invalid(
      source,
      result.error.issues.map(
        ({ path, message }) =>
          `${path.map(String).join('.') || 'The file'} is ${seenAt(document, path)}: ${message}`,
      ),
    );
  }
  const { costBook, ...rest } = result.data;
  const catalog: Catalog = {
    ...rest,
    costBook: costBook.flatMap(({ model, from, perMillionTokens }) =>
      TOKEN_TYPES.flatMap((type) => {
        const costPerMillionTokens = perMillionTokens[type];
        return costPerMillionTokens === undefined
          ? []
          : [{ model, tokenType: type, from, costPerMillionTokens }];
      }),
    ),
  };
  const faults = catalogFaults(catalog);
  if (faults.length > 0) throw invalid(source, faults);
  return catalog;
}

/** Today in UTC, as the cost book counts days. */
export function today(): string {
  return new Date().toISOString().slice(0, 10);
}

function seenAt(document: unknown, path: readonly PropertyKey[]): string {
  const value = path.reduce<unknown>(
    (value, key) =>
      value === null || value === undefined ? value : (value as Record<PropertyKey, unknown>)[key],
    document,
  );
  if (value === undefined) return 'missing';
  return shortened(JSON.stringify(value), 80);
}

function invalid(source: string, faults: readonly string[]): DomainError {
  const count = faults.length === 1 ? 'a fault' : `${faults.length} faults`;
  return new DomainError('catalog_invalid', `${source} has ${count}:\n${indent(faults)}`, {
    faults,
  });
}

function indent(lines: readonly string[]): string {
  return lines.map((line) => `  ${line}`).join('\n');
}
