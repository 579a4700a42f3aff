/** An account as a company brings it, and the parts of it that the story of its import tells of. */
import { setTimeout as pause } from 'node:timers/promises';
import { compareImports } from '../../../src/cli/imports/compare';
import type { ComparedImport } from '../../../src/cli/imports/compare';
import type { ImportEntry } from '../../../src/core/adoption/import-plan';
import type { Catalog } from '../../../src/core/plans/catalog';
import { loadCatalog } from '../../../src/stripe/catalog-file';
import { shuffled } from '../../life/chance';
import { KIND_NAMES, numbered, subscriber } from './existing-account';
import type { ExistingSubscription, Kind } from './existing-account';
import { importCommands } from './import-commands';
import type { ImportCommands } from './import-commands';
import { startMovedAccount } from './moved-account';
import type { MovedAccount } from './moved-account';
import { eachOf, figure, timed } from './show-progress';
import { CUT_OVER, patience, random, SUBSCRIPTIONS } from './show-size';

/** Stripe's month begins so long ago: its usage is still taken when it has ended. */
const DAYS_AGO = 33;
const TRIES_MAX = 5;
const PAUSE_MS = 200;
/** So many subscribe within minutes, and so long nobody does afterwards. */
const GROUP = 100;
const GAP_S = 600;

export interface ImportShow {
  readonly account: MovedAccount;
  readonly catalog: Catalog;
  readonly imports: ImportCommands;
  readonly existing: readonly ExistingSubscription[];
  /** When the period that runs ends, by subscription. */
  periodEnds(of: readonly ImportEntry[]): Promise<ReadonlyMap<string, number>>;
  use(part: string, customers: readonly UsedPart[]): Promise<void>;
  /** As `tollkeeper import compare`: of all, or of one. */
  compare(customer?: string): Promise<readonly ComparedImport[]>;
}

export interface UsedPart {
  readonly customer: string;
  readonly second: number;
  readonly tokens: number;
}

export async function startImportShow(): Promise<ImportShow> {
  const account = await startMovedAccount(DAYS_AGO, patience(90_000));
  const { product } = account;
  const catalog = await loadCatalog('catalog.yaml');
  const existing = await timed('account filled', () => account.untold(() => subscribed(account)));
  figure('subscriptions', SUBSCRIPTIONS);
  const kinds = KIND_NAMES.map((name) => existing.filter(({ kind }) => kind === name).length);
  figure('kinds', kinds.filter(Boolean).length);
  figure('subscriptions of each kind', [...new Set(kinds)].sort((a, b) => a - b).join(' or '));
  return {
    ...{ account, catalog, existing, imports: importCommands(product, catalog) },
    periodEnds: async (of) => {
      const wanted = new Set(of.map(({ subscription }) => subscription));
      const ends = new Map<string, number>();
      const list = product.stripe.subscriptions.list({ status: 'active', limit: 100 });
      for await (const { id, items } of list)
        if (wanted.has(id)) ends.set(id, Number(items.data[0]?.current_period_end));
      return ends;
    },
    compare: (customer) => compareImports({ ...product, catalog }, customer, () => undefined),
    use: async (part, customers) => {
      const parts = customers.filter(({ tokens }) => tokens > 0);
      await eachOf(`usage: ${part}`, parts, ({ customer, second, tokens }) => {
        const input = { input: tokens };
        const call = { id: `${customer}-${part}`, model: 'gpt-4o-mini', tokens: input, second };
        return untilHeard(() => product.api.recordUsage(customer, [call]));
      });
    },
  };
}

/** They come in groups, so that not all of them renew in one moment. */
async function subscribed({ product, moveTo, now }: MovedAccount): Promise<ExistingSubscription[]> {
  const make = await subscriber(product.stripe);
  const kinds = [...drawKinds().entries()];
  const groups = Array.from({ length: Math.ceil(kinds.length / GROUP) }, (_, at) =>
    kinds.slice(at * GROUP, (at + 1) * GROUP),
  );
  const made = await eachOf(
    `subscriptions made, by ${GROUP}`,
    groups,
    async (group) => {
      if (group !== groups[0]) await moveTo(now() + GAP_S);
      return eachOf(null, group, ([at, kind]) => make(kind, numbered('app', at)), 20);
    },
    1,
  );
  return made.flat();
}

/** As many of each kind, in no order. */
const drawKinds = (): Kind[] =>
  shuffled(
    Array.from(
      { length: SUBSCRIPTIONS },
      (_, index) => KIND_NAMES[index % KIND_NAMES.length] as Kind,
    ),
    random,
  );

/** As an app does: what has no answer, or was refused by a ledger out of reach, is sent again. */
async function untilHeard(send: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries += 1)
    try {
      return await send();
    } catch (error) {
      const isToBeSentAgain = error instanceof TypeError || / answered 503/.test(String(error));
      if (!isToBeSentAgain || tries === TRIES_MAX) throw error;
      await pause(tries * PAUSE_MS);
    }
}

/**
 * Whoever waits for a renewal may be billed as soon as it is over: what is called, or runs, for
 * these customers is left out.
 */
export const notOf =
  (entries: readonly ImportEntry[]) =>
  (named: string): boolean =>
    !entries.some(({ customer, subscription, price }) =>
      [customer, subscription, price].some((id) => named.split(/[/:]/).includes(id)),
    );

/** Those whose period has ended by then. */
export const endedBy = (
  entries: readonly ImportEntry[],
  ends: ReadonlyMap<string, number>,
  second: number,
): ImportEntry[] => entries.filter(({ subscription }) => Number(ends.get(subscription)) <= second);

export interface Parts {
  /** They are billed from the first renewal on. */
  readonly renewing: readonly ImportEntry[];
  /** They are billed now, in the month after it; every second one with opening usage. */
  readonly now: readonly ImportEntry[];
  /** They are taken back. */
  readonly undone: readonly ImportEntry[];
  /** They wait for the renewal at which the story ends. */
  readonly later: readonly ImportEntry[];
}

const OPENING = { model: 'gpt-4o-mini', tokens: 40_000 };

/** Each part has as many of each kind, as far as there are. */
export function partsOf(
  planned: readonly ImportEntry[],
  existing: readonly ExistingSubscription[],
): Parts {
  const kinds = new Map(existing.map(({ subscription, kind }) => [subscription, kind]));
  const byKind = new Map<Kind | undefined, ImportEntry[]>();
  for (const entry of planned) {
    const kind = kinds.get(entry.subscription);
    byKind.set(kind, [...(byKind.get(kind) ?? []), entry]);
  }
  const dealt: ImportEntry[] = [];
  for (let turn = 0; dealt.length < planned.length; turn += 1)
    for (const entries of byKind.values()) dealt.push(...entries.slice(turn, turn + 1));
  const half = CUT_OVER / 2;
  const undoneCount = Math.max(2, Math.floor(CUT_OVER / 50));
  return {
    renewing: dealt.slice(0, half),
    now: dealt
      .slice(half, CUT_OVER)
      .map((entry, at) => (at % 2 === 0 ? { ...entry, opening: OPENING } : entry)),
    undone: dealt.slice(CUT_OVER, CUT_OVER + undoneCount),
    later: dealt.slice(CUT_OVER + undoneCount),
  };
}
