/**
 * Tells of models that the catalog says nothing of: a rate for all there are may sell them for less
 * than they cost. Their usage is recorded and counted all the same.
 */
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { Catalog } from '../../core/plans/catalog';
import { knownModels } from '../../core/plans/known-models';
import { noteUnknownModels } from '../../db/unknown-models';

/** So often is one told again that it is still used. */
const AGAIN_AFTER_MS = 60 * 60_000;
/** A stranger may call a model by any name: this many are remembered. */
const REMEMBERED_MAX = 10_000;

export interface ModelWatchDeps {
  readonly pool: Pool;
  readonly catalog: Catalog;
  readonly log: Pick<Logger, 'warn'>;
}

/** What an intake has of the catalog. */
export const modelsOf = (deps: ModelWatchDeps) => ({
  modelNames: deps.catalog.modelNames,
  sawModels: createModelWatch(deps),
});

/** Takes the models of what was recorded; nobody waits for what it does with them. */
export function createModelWatch({ pool, catalog, log }: ModelWatchDeps) {
  const isKnown = knownModels(catalog);
  const toldAt = new Map<string, number>();
  return (models: ReadonlySet<string>): void => {
    const now = Date.now();
    const news = [...models].filter(
      (model) => !isKnown(model) && (toldAt.get(model) ?? 0) + AGAIN_AFTER_MS <= now,
    );
    if (news.length === 0) return;
    if (toldAt.size + news.length > REMEMBERED_MAX) toldAt.clear();
    for (const model of news) toldAt.set(model, now);
    log.warn({ models: news.slice(0, 20) }, 'models are used that the catalog says nothing of');
    noteUnknownModels(pool, news).catch((error: unknown) => {
      for (const model of news) toldAt.delete(model);
      log.warn({ err: error }, 'unknown models could not be noted: they are with their next use');
    });
  };
}
