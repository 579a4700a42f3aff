/** What `tollkeeper import …` does, on a product that runs, without anybody to ask. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { applyAll, undoWishes, wishesOf } from '../../../src/cli/imports/apply';
import type { ApplyArguments } from '../../../src/cli/imports/apply';
import type { Applied } from '../../../src/cli/imports/apply-texts';
import { makePlan } from '../../../src/cli/imports/plan';
import type { PlannedImport } from '../../../src/cli/imports/plan-file';
import { planFileText } from '../../../src/cli/imports/plan-file';
import type { ImportEntry } from '../../../src/core/adoption/import-plan';
import type { ImportWish } from '../../../src/core/adoption/import-step';
import type { Catalog } from '../../../src/core/plans/catalog';
import { importWorkflowId } from '../../../src/core/ids';
import { versionOf } from '../../../src/stripe/catalog-version';
import type { Product } from '../stack/product';
import { patience } from './show-size';

type Mode = Pick<ApplyArguments, 'mode'> & Partial<Pick<ApplyArguments, 'at'>>;

export interface ImportCommands {
  plan(): Promise<PlannedImport>;
  apply(entries: readonly ImportEntry[], options: Mode): Promise<Applied>;
  undo(customers: readonly string[]): Promise<Applied>;
}

export function importCommands(
  product: Product,
  catalog: Catalog,
  tell: (line: string) => void = () => undefined,
): ImportCommands {
  const deps = { ...product, temporal: product.temporal, catalog };
  const file = join(mkdtempSync(join(tmpdir(), 'imports-')), 'import.yaml');
  const carryOut = async (wishes: readonly ImportWish[]) => {
    const options = { confirm: async () => true, question: '', tell, patienceMs: PATIENCE_MS };
    const applied = (await applyAll(deps, wishes, options)) as Applied;
    for (const subscription of applied.silent.slice(0, 3))
      await tellOfSilent(product, subscription);
    return applied;
  };
  return {
    plan: () => makePlan({ ...deps, isTestMode: true }, PLAN, tell),
    apply: async (entries, { mode, at = 'renewal' }) => {
      const planned = { catalog: versionOf(catalog), customers: entries, leftOut: [] };
      writeFileSync(file, planFileText(planned));
      return carryOut(await wishesOf(deps, file, { mode, at }));
    },
    undo: async (customers) => carryOut(await undoWishes(deps, customers)),
  };
}

/** What it hangs on, for whoever reads that a test failed. */
async function tellOfSilent(product: Product, subscription: string): Promise<void> {
  const handle = product.temporal.workflow.getHandle(importWorkflowId(subscription));
  const { status, raw } = await handle.describe();
  const { pendingActivities, pendingWorkflowTask } = raw;
  const pending = JSON.stringify({ pendingActivities, pendingWorkflowTask });
  process.stderr.write(`${subscription} has not answered: ${status.name} ${pending}\n`);
}

const PATIENCE_MS = patience(120_000);
const PLAN = { price: [], idFrom: 'metadata:app_id', migrate: true };
