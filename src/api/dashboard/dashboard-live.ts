/**
 * Keeps open pages live: one look at the ledger for all of them every 400 ms, and a new view for
 * those whose customer has changed. Pages of the same customer and period share one view. One that
 * changes all the time is read about once a second; what comes after quiet is shown at once.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { DomainError } from '../../core/errors';
import type { DashboardView } from '../../dashboard/view';
import { readDashboardVersions } from '../../db/dashboard-versions';
import { outsideTraces } from '../../traces/spans';

const LOOK_MS = 400;
/** Below two looks, so that what a page can't show at one of them is shown at the next but one. */
const REST_MS = 700;
/** Time itself changes a projection, and what is not sealed counts too. */
const READ_AGAIN_MS = 30_000;
/** The pool's connections are for ingest first. */
const READS_AT_ONCE = 4;
const ALIVE_MS = 5_000;

export interface PageAsked {
  readonly customer: string;
  /** undefined means the current period. */
  readonly period: string | undefined;
}

export interface PageListener {
  /** It is called at once, and whenever the view has changed, with JSON of a DashboardView. */
  onView(json: string): void;
  /** The ledger was looked at, and what was sent last still holds. */
  onAlive(): void;
  /** There is no such page any more. */
  onGone(): void;
}

export interface DashboardLive {
  /** Answers how to leave. */
  join(page: PageAsked, listener: PageListener): () => void;
}

interface Group {
  readonly page: PageAsked;
  readonly listeners: Set<PageListener>;
  version?: string;
  json?: string;
  /** JSON of the view without its "now", since another "now" alone is no change. */
  content?: string;
  readAt: number;
  /** It could not be read when it was last tried, which is in the log. */
  isSilent?: boolean;
}

interface LiveDeps {
  readonly pool: Pool;
  readonly log: Logger;
  readonly read: (page: PageAsked) => Promise<DashboardView>;
}

interface Watch extends LiveDeps {
  readonly groups: Map<string, Group>;
  isLooking: boolean;
  aliveAt: number;
}

export function createDashboardLive(deps: LiveDeps): DashboardLive {
  const groups = new Map<string, Group>();
  const watch: Watch = { ...deps, groups, isLooking: false, aliveAt: 0 };
  return {
    join: (page, listener) => {
      const key = JSON.stringify([page.customer, page.period]);
      const group = groups.get(key) ?? { page, listeners: new Set(), readAt: 0 };
      groups.set(key, group);
      group.listeners.add(listener);
      if (group.json !== undefined) listener.onView(group.json);
      void outsideTraces(() => keepLooking(watch));
      return () => {
        group.listeners.delete(listener);
        if (group.listeners.size === 0 && groups.get(key) === group) groups.delete(key);
      };
    },
  };
}

/** One look after the other, as long as there is a page. Pages see a failure as silence. */
async function keepLooking(watch: Watch): Promise<void> {
  if (watch.isLooking) return;
  watch.isLooking = true;
  while (watch.groups.size > 0) {
    await look(watch).catch((error: unknown) =>
      watch.log.warn({ err: error }, 'pages are not live'),
    );
    await sleep(LOOK_MS);
  }
  watch.isLooking = false;
}

async function look(watch: Watch): Promise<void> {
  const groups = [...watch.groups.values()];
  const versions = await readDashboardVersions(watch.pool, [
    ...new Set(groups.map(({ page }) => page.customer)),
  ]);
  const isAliveDue = Date.now() - watch.aliveAt >= ALIVE_MS;
  if (isAliveDue) watch.aliveAt = Date.now();
  for (let index = 0; index < groups.length; index += READS_AT_ONCE)
    await Promise.all(
      groups.slice(index, index + READS_AT_ONCE).map(async (group) => {
        const version = versions.get(group.page.customer);
        // One that can't be read is silent, and costs the others nothing.
        if (isDue(group, version) && !(await readAgain(watch, group, version))) return;
        if (isAliveDue) for (const listener of group.listeners) listener.onAlive();
      }),
    );
}

function isDue(group: Group, version: string | undefined): boolean {
  const restedMs = Date.now() - group.readAt;
  return restedMs >= (version === group.version ? READ_AGAIN_MS : REST_MS);
}

async function readAgain(
  { read, log }: LiveDeps,
  group: Group,
  version: string | undefined,
): Promise<boolean> {
  const readAt = Date.now();
  const view = await read(group.page).catch((error: unknown) => {
    // What nobody can mend by waiting ends; the rest is silent, and told once.
    if (error instanceof DomainError) for (const listener of group.listeners) listener.onGone();
    else if (!group.isSilent) log.warn({ err: error, ...group.page }, 'a page is not live');
    group.isSilent = true;
    return undefined;
  });
  if (!view) return false;
  group.isSilent = false;
  // The version was read before the view: what changed between is read once more, never missed.
  group.version = version;
  group.readAt = readAt;
  const content = JSON.stringify({
    ...view,
    billing: view.billing && { ...view.billing, now: 0 },
  });
  group.json = JSON.stringify(view);
  if (content === group.content) return true;
  group.content = content;
  for (const listener of group.listeners) listener.onView(group.json);
  return true;
}
