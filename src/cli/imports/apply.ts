/**
 * `tollkeeper import apply` and `import undo`: what the file names is carried out, each
 * subscription by a workflow of its own. It may be broken off: what is done is found done.
 */
import { userInfo } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { Workflow } from '@temporalio/common';
import type { Pool } from 'pg';
import {
  BILLING_TASK_QUEUE,
  IMPORT_WORKFLOW_TYPE,
  importWishSignal,
} from '../../../workflows/contract';
import type { ImportInput } from '../../../workflows/contract';
import type { ImportEntry } from '../../core/adoption/import-plan';
import type { ImportWish } from '../../core/adoption/import-step';
import { grouped } from '../../core/grouped';
import { importWorkflowId } from '../../core/ids';
import { versionOf } from '../../stripe/catalog-version';
import { databaseTime, listImports, settledImports } from '../../db/imports';
import type { ImportPhase, ImportRow } from '../../db/imports';
import { confirmation } from '../terminal/confirmation';
import type { Confirm, ConfirmOptions } from '../terminal/confirmation';
import { asOperator, print } from '../operator/operator';
import type { OperatorDeps, OutputOptions } from '../operator/operator';
import { CommandRefused } from '../terminal/refused';
import { appliedText, questionOf } from './apply-texts';
import type { Applied } from './apply-texts';
import { readImportFile } from './plan-file';

export interface ApplyArguments extends ConfirmOptions, OutputOptions {
  readonly mode: 'observe' | 'bill';
  readonly at: 'now' | 'renewal';
}

export type UndoArguments = ConfirmOptions & OutputOptions;

export type ApplyDeps = Pick<OperatorDeps, 'pool' | 'temporal' | 'catalog'>;

export interface ApplyOptions {
  readonly tell: (line: string) => void;
  /** Nothing has changed for so long: the rest is silent. */
  readonly patienceMs?: number;
  readonly atOnce?: number;
}

const PATIENCE_MS = 120_000;
const AT_ONCE = 25;
const LOOK_AGAIN_MS = 500;

export async function importApply(file: string, options: ApplyArguments): Promise<void> {
  await asOperator(async (deps) => {
    const wishes = await wishesOf(deps, file, options);
    const applied = await applyAll(deps, wishes, {
      ...{ confirm: confirmation(options), question: questionOf(wishes, options) },
      tell: (line) => console.error(line),
    });
    finish(applied, options);
  });
}

export async function importUndo(
  customers: readonly string[],
  options: UndoArguments,
): Promise<void> {
  await asOperator(async (deps) => {
    const wishes = await undoWishes(deps, customers);
    const question =
      `${wishes.length} imports are undone: who is observed is forgotten, who is billed becomes ` +
      'nobody’s again, unless anything was reported of them.';
    const applied = await applyAll(deps, wishes, {
      ...{ confirm: confirmation(options), question },
      tell: (line) => console.error(line),
    });
    finish(applied, options);
  });
}

function finish(applied: Applied | null, options: OutputOptions): void {
  if (applied === null) return console.log('Nothing was done.');
  print(applied, appliedText, options);
  if (applied.refused.length + applied.silent.length > 0) process.exitCode = 1;
}

/** Throws CommandRefused where the file is not one of the catalog of now. */
export async function wishesOf(
  { catalog }: Pick<ApplyDeps, 'catalog'>,
  file: string,
  { mode, at }: Pick<ApplyArguments, 'mode' | 'at'>,
): Promise<ImportWish[]> {
  const plans = catalog.plans.map(({ id }) => id);
  const { catalog: version, customers } = await readImportFile(file, { plans });
  const catalogVersion = versionOf(catalog);
  if (version !== catalogVersion)
    throw new CommandRefused(
      `${file} was planned by catalog ${version}, and the catalog is ${catalogVersion} by now: ` +
        'run tollkeeper import plan again, and review it.',
    );
  const opened = customers.find(({ opening }) => opening !== undefined);
  if (opened && mode === 'bill' && at === 'renewal')
    throw new CommandRefused(
      `${opened.subscription} has opening usage, which is of the period that runs: at its renewal ` +
        'the next one begins without any. Take it out, or say --at now.',
    );
  return customers.map((entry) => wishOf(entry, catalogVersion, { want: mode, at }));
}

/** Throws CommandRefused where one of them was never imported: then none is undone. */
export async function undoWishes(
  { pool }: ApplyDeps,
  customers: readonly string[],
): Promise<ImportWish[]> {
  const rows = await listImports(pool, ['refused', 'observed', 'waiting', 'billed']);
  const unknown = customers.filter((one) => !rows.some(({ customer }) => customer === one));
  if (unknown.length > 0)
    throw new CommandRefused(
      `Nobody called ${unknown.join(', ')} was imported: expected our ids of customers, as ` +
        'tollkeeper import list shows them. Nothing is done.',
    );
  return rows
    .filter(({ customer }) => customers.includes(customer))
    .map((row) => wishOf(entryOf(row), row.catalogVersion, { want: 'undo', at: 'now' }));
}

export const entryOf = (row: ImportRow): ImportEntry => ({
  ...{ subscription: row.subscription, stripeCustomer: row.stripeCustomer },
  ...{ customer: row.customer, plan: row.plan, price: row.price, by: 'map' },
});

const wishOf = (
  entry: ImportEntry,
  catalogVersion: string,
  { want, at }: Pick<ImportWish, 'want' | 'at'>,
): ImportWish => ({
  ...{ want, at, entry, catalogVersion },
  by: `command line, ${userInfo().username}`,
});

/** null: nobody wanted it after all. */
export async function applyAll(
  deps: ApplyDeps,
  wishes: readonly ImportWish[],
  options: ApplyOptions & { readonly confirm: Confirm; readonly question: string },
): Promise<Applied | null> {
  if (wishes.length === 0) return { asked: 0, byPhase: {}, refused: [], silent: [] };
  if (!(await options.confirm(options.question))) return null;
  const since = await databaseTime(deps.pool);
  const asking = askAll(deps.temporal, wishes, options);
  // A failure is thrown below; until then nobody else handles it.
  asking.catch(() => undefined);
  const settled = await untilSettled(deps.pool, wishes, since, options, asking);
  await asking;
  return appliedOf(wishes, settled);
}

async function askAll(
  temporal: Client,
  wishes: readonly ImportWish[],
  { atOnce = AT_ONCE }: ApplyOptions,
): Promise<void> {
  for (let from = 0; from < wishes.length; from += atOnce)
    await Promise.all(wishes.slice(from, from + atOnce).map((wish) => ask(temporal, wish)));
}

async function ask(temporal: Client, wish: ImportWish): Promise<void> {
  const input: ImportInput = {};
  await temporal.workflow.signalWithStart<Workflow, [ImportWish]>(IMPORT_WORKFLOW_TYPE, {
    workflowId: importWorkflowId(wish.entry.subscription),
    taskQueue: BILLING_TASK_QUEUE,
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    workflowIdConflictPolicy: 'USE_EXISTING',
    args: [input],
    ...{ signal: importWishSignal.name, signalArgs: [wish] },
    staticSummary: `Imports ${wish.entry.subscription} as ${wish.entry.customer}`,
  });
}

type Settled = ReadonlyMap<string, Pick<ImportRow, 'phase' | 'refusal'>>;

async function untilSettled(
  pool: Pool,
  wishes: readonly ImportWish[],
  since: Date,
  { tell, patienceMs = PATIENCE_MS }: ApplyOptions,
  asking: Promise<void>,
): Promise<Settled> {
  const ids = wishes.map(({ entry }) => entry.subscription);
  let failure: { readonly error: unknown } | undefined;
  asking.catch((error: unknown) => (failure = { error }));
  for (let count = -1, changedAt = Date.now(); ;) {
    const settled = await settledImports(pool, ids, since);
    if (settled.size !== count) {
      tell(`· ${grouped(settled.size)} of ${grouped(ids.length)}`);
      count = settled.size;
      changedAt = Date.now();
    }
    const isOver = settled.size === ids.length || Date.now() - changedAt > patienceMs;
    if (failure) throw failure.error;
    if (isOver) return settled;
    await pause(LOOK_AGAIN_MS);
  }
}

function appliedOf(wishes: readonly ImportWish[], settled: Settled): Applied {
  const byPhase: Partial<Record<ImportPhase, number>> = {};
  const refusals: { subscription: string; why: string }[] = [];
  for (const [subscription, { phase, refusal }] of settled) {
    byPhase[phase] = (byPhase[phase] ?? 0) + 1;
    if (refusal !== null) refusals.push({ subscription, why: refusal });
  }
  const silent = wishes
    .map(({ entry }) => entry.subscription)
    .filter((subscription) => !settled.has(subscription));
  return { asked: wishes.length, byPhase, refused: refusals, silent };
}
