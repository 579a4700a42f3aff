/** `tollkeeper import plan`: reads the account's subscriptions, and writes a file to review. */
import type { IdSource, ImportPlan } from '../../core/adoption/import-plan';
import { planImport, summaryOf } from '../../core/adoption/import-plan';
import { grouped } from '../../core/grouped';
import { readImportClaims } from '../../db/import-claims';
import { versionOf } from '../../stripe/catalog-version';
import { listSubscriptionFacts } from '../../stripe/subscription-facts';
import { asOperator, print } from '../operator/operator';
import type { OperatorDeps, OutputOptions } from '../operator/operator';
import { CommandRefused } from '../terminal/refused';
import type { PlannedImport } from './plan-file';
import { writePlanFile } from './plan-file';

export interface PlanArguments extends OutputOptions {
  readonly out: string;
  readonly price: readonly string[];
  readonly idFrom: string;
  /** Absent: what is in classic billing mode is left out. */
  readonly migrate?: boolean;
}

export type PlanDeps = Pick<OperatorDeps, 'pool' | 'stripe' | 'catalog'> & {
  readonly isTestMode: boolean;
};

export async function importPlan(options: PlanArguments): Promise<void> {
  await asOperator(async (deps) => {
    const tell = (line: string) => console.error(line);
    const isTestMode = deps.config.STRIPE_SECRET_KEY.includes('_test_');
    const plan = await makePlan({ ...deps, isTestMode }, options, tell);
    await writePlanFile(options.out, plan);
    print({ file: options.out, ...summaryOf(plan) }, () => planText(options.out, plan), options);
  });
}

export async function makePlan(
  { pool, stripe, catalog, isTestMode }: PlanDeps,
  { price, idFrom, migrate = false }: Pick<PlanArguments, 'price' | 'idFrom' | 'migrate'>,
  tell: (line: string) => void,
): Promise<PlannedImport> {
  const { currency, plans } = catalog;
  const request = {
    ...{ currency, plans },
    priceMap: priceMapOf(
      price,
      plans.map(({ id }) => id),
    ),
    ...{ idSource: idSourceOf(idFrom), migratesClassic: migrate },
    ...(await readImportClaims(pool)),
  };
  const onPage = (count: number) => tell(`· ${grouped(count)} subscriptions read`);
  const facts = await listSubscriptionFacts(stripe, { isTestMode, onPage });
  return { catalog: versionOf(catalog), ...planImport(facts, request) };
}

function priceMapOf(words: readonly string[], plans: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    words.map((word) => {
      const [priceId = '', planId = '', ...rest] = word.split('=');
      if (priceId === '' || rest.length > 0 || !plans.includes(planId))
        throw new CommandRefused(
          `--price ${word} names no price and plan: expected price_1Abc=PLAN, with a plan of the ` +
            `catalog (${plans.join(', ')}).`,
        );
      return [priceId, planId];
    }),
  );
}

function idSourceOf(text: string): IdSource {
  if (text === 'stripe' || text === 'email') return text;
  if (/^metadata:.+$/.test(text)) return text as IdSource;
  throw new CommandRefused(
    `--id-from ${text} names no source of ids: expected stripe, email, or metadata:KEY.`,
  );
}

export function planText(file: string, plan: ImportPlan): string {
  const { customers, migrated, byPlan, leftOut, byReason } = summaryOf(plan);
  const rows = (counts: Record<string, number>) =>
    Object.entries(counts).map(([name, count]) => `  ${name}: ${grouped(count)}`);
  return [
    `${grouped(customers)} subscriptions become customers:`,
    ...rows(byPlan),
    ...(migrated > 0 ? [migratedText(migrated)] : []),
    `${grouped(leftOut)} do not (some for several reasons):`,
    ...rows(byReason),
    `Nothing was written at Stripe. Review ${file}, and then:`,
    `  npx tollkeeper import apply ${file} --mode observe`,
  ].join('\n');
}

const migratedText = (count: number): string =>
  `${grouped(count)} of them are in classic billing mode, and become flexible, for good, once billed.`;
