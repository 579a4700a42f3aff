/** Models that were used and that the catalog says nothing of: few, and for a month. */
import type { Pool } from 'pg';

/** Who calls models through the proxy names them: it is a list to read, not a store. */
export const UNKNOWN_MODELS_MAX = 1_000;
const KEPT_DAYS = 30;

export interface UnknownModel {
  readonly model: string;
  readonly firstSeenAt: Date;
  readonly lastSeenAt: Date;
}

export async function noteUnknownModels(pool: Pool, models: readonly string[]): Promise<void> {
  await pool.query(
    `delete from unknown_models where last_seen_at < now() - make_interval(days => $1)`,
    [KEPT_DAYS],
  );
  await pool.query(
    `insert into unknown_models (model)
     select model from unnest($1::text[]) as seen (model)
      where exists (select from unknown_models as noted where noted.model = seen.model)
         or (select count(*) from unknown_models) < $2
      order by model
     on conflict (model) do update set last_seen_at = now()`,
    [models, UNKNOWN_MODELS_MAX],
  );
}

/** Those seen last first. */
export async function listUnknownModels(pool: Pool): Promise<UnknownModel[]> {
  const { rows } = await pool.query<UnknownModel>(
    `select model, first_seen_at as "firstSeenAt", last_seen_at as "lastSeenAt"
       from unknown_models
      where last_seen_at >= now() - make_interval(days => $1)
      order by last_seen_at desc, model limit $2`,
    [KEPT_DAYS, UNKNOWN_MODELS_MAX],
  );
  return rows;
}
