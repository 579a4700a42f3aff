/**
 * The file between `import plan` and `import apply`: YAML with a line for each subscription, which
 * people can read, compare and edit. What is left out is there with its reasons, and is ignored
 * when the file is applied.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import type { ImportEntry, ImportPlan } from '../../core/adoption/import-plan';
import { summaryOf } from '../../core/adoption/import-plan';
import { CUSTOMER_ID } from '../../core/ids';
import { CommandRefused } from '../terminal/refused';

const FORMAT = 'tollkeeper-import/1';
const FAULTS_SHOWN = 10;

export interface PlannedImport extends ImportPlan {
  /** The catalog version by which they will be sold. */
  readonly catalog: string;
}

const HEADER = `# Written by tollkeeper import plan; nothing was written at Stripe.
# Review it, edit customer or plan, take out lines that are not to be imported, and then:
#   npx tollkeeper import apply FILE --mode observe
# A line may have opening: { "model": "gpt-4o", "tokens": 1200 }: usage of the running period that
# was never sent to Tollkeeper. "migrate": true: it is in classic billing mode, and Stripe makes it
# flexible, which nothing takes back, when it is billed. What is under leftOut is not imported, and
# says why.
`;

export function planFileText({ catalog, ...plan }: PlannedImport): string {
  const { migrated, byPlan, byReason } = summaryOf(plan);
  const counts = (sums: Record<string, number>) =>
    Object.entries(sums).map(([name, count]) => `#   ${name}: ${count}`);
  return [
    `${HEADER}#`,
    `# ${plan.customers.length} become customers`,
    ...counts(byPlan),
    ...(migrated > 0 ? [`# ${migrated} of them have migrate: see above`] : []),
    `# ${plan.leftOut.length} do not`,
    ...counts(byReason),
    `format: ${FORMAT}`,
    `catalog: ${JSON.stringify(catalog)}`,
    ...list('customers', plan.customers),
    ...list('leftOut', plan.leftOut),
    '',
  ].join('\n');
}

/** JSON within YAML: a value is never taken for something else. */
const list = (name: string, rows: readonly object[]): string[] =>
  rows.length === 0
    ? [`${name}: []`]
    : [`${name}:`, ...rows.map((row) => `  - ${JSON.stringify(row)}`)];

export async function writePlanFile(file: string, plan: PlannedImport): Promise<void> {
  await writeFile(file, planFileText(plan)).catch((error: unknown) => {
    throw new CommandRefused(`${file} can't be written: ${(error as Error).message}.`);
  });
}

const id = (prefix: string) =>
  z.string().regex(new RegExp(`^${prefix}_[A-Za-z0-9]+$`), `expected an id such as ${prefix}_1Abc`);

const entrySchema = z.strictObject({
  subscription: id('sub'),
  stripeCustomer: id('cus'),
  customer: z
    .string()
    .regex(CUSTOMER_ID, 'expected 1 to 200 letters, digits or . _ : @ + -, as your own id'),
  plan: z.string().min(1),
  price: z.string().min(1),
  by: z.enum(['map', 'metadata', 'amount']),
  opening: z
    .strictObject({
      model: z.string().min(1).max(200),
      tokens: z.number().int().min(1).max(1_000_000_000_000),
    })
    .optional(),
  migrate: z.literal(true).optional(),
});

const fileSchema = z.strictObject({
  format: z.literal(FORMAT, `expected ${FORMAT}: the file of tollkeeper import plan`),
  catalog: z.string(),
  customers: z.array(entrySchema),
  leftOut: z.array(z.unknown()).optional(),
});

export interface ImportFile {
  readonly catalog: string;
  readonly customers: readonly ImportEntry[];
}

/** Throws CommandRefused with every fault, each at its place, as far as they are not too many. */
export async function readImportFile(
  file: string,
  { plans }: { readonly plans: readonly string[] },
): Promise<ImportFile> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new CommandRefused(`${file} can't be read: ${(error as Error).message}.`);
  });
  const document = parseDocument(text);
  const [fault] = document.errors;
  if (fault) throw refusal(file, [fault.message.split('\n')[0] ?? 'it is not YAML']);
  const parsed = fileSchema.safeParse(document.toJS());
  if (!parsed.success)
    throw refusal(
      file,
      parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'the file'}: ${message}`),
    );
  const { catalog, customers } = parsed.data;
  const faults = [
    ...customers.flatMap(({ plan, subscription }) =>
      plans.includes(plan)
        ? []
        : [`${subscription}: the catalog has no plan ${plan}, but ${plans.join(', ')}`],
    ),
    ...repeated(customers, 'subscription'),
    ...repeated(customers, 'stripeCustomer'),
    ...repeated(customers, 'customer'),
  ];
  if (faults.length > 0) throw refusal(file, faults);
  return { catalog, customers: customers as readonly ImportEntry[] };
}

function repeated(
  entries: readonly z.infer<typeof entrySchema>[],
  field: 'subscription' | 'stripeCustomer' | 'customer',
): string[] {
  const counts = new Map<string, number>();
  for (const entry of entries) counts.set(entry[field], (counts.get(entry[field]) ?? 0) + 1);
  return [...counts]
    .filter(([, count]) => count > 1)
    .map(([value, count]) => `${field} ${value} is there ${count} times: expected once`);
}

function refusal(file: string, faults: readonly string[]): CommandRefused {
  const more = faults.length - FAULTS_SHOWN;
  return new CommandRefused(
    [
      `${file} can't be applied, and nothing was done:`,
      ...faults.slice(0, FAULTS_SHOWN).map((fault) => `· ${fault}`),
      ...(more > 0 ? [`· and ${more} more`] : []),
    ].join('\n'),
  );
}
