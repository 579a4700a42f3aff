/** Batches that customers made at a provider: whose each is, and whether its results were read. */
import type { Pool } from 'pg';
import { isStorable } from '../core/text';

/** Providers keep results for 30 days at most. */
const KEPT_DAYS = 60;
/** Each that is noted clears away so many that are older. */
const CLEARED_MAX = 100;

export interface MadeBatch {
  /** It is the name of the proxy's route. */
  readonly upstream: string;
  /** The provider's id of it. */
  readonly id: string;
  readonly customer: string;
}

export interface BatchFiles {
  readonly output?: string | undefined;
  readonly error?: string | undefined;
  /** Nothing will be read that was paid for. */
  readonly isWithoutResults: boolean;
}

/** `of`: a batch by its id, or by the id of a file of its results. */
export interface BatchPlace {
  readonly upstream: string;
  readonly of: { readonly batch: string } | { readonly file: string };
}

/** Whoever says it again changes nothing: a batch stays its maker's. */
export async function insertMadeBatch(pool: Pool, batch: MadeBatch): Promise<void> {
  const { upstream, id, customer } = batch;
  if (!isStorable(id)) return;
  await pool.query(
    `insert into made_batches (upstream, id, customer) values ($1, $2, $3)
     on conflict do nothing`,
    [upstream, id, customer],
  );
  await pool.query(
    `delete from made_batches where (upstream, id) in (
       select upstream, id from made_batches where made_at < now() - make_interval(days => $1)
        order by made_at limit $2)`,
    [KEPT_DAYS, CLEARED_MAX],
  );
}

/** Its results are known by the files that they are in. */
export async function noteBatchFiles(
  pool: Pool,
  { upstream, id }: Omit<MadeBatch, 'customer'>,
  { output, error, isWithoutResults }: BatchFiles,
): Promise<void> {
  await pool.query(
    `update made_batches
        set output_file = coalesce(output_file, $3), error_file = coalesce(error_file, $4),
            closed_at = case when $5 then coalesce(closed_at, now()) else closed_at end
      where upstream = $1 and id = $2`,
    [upstream, id, output ?? null, error ?? null, isWithoutResults],
  );
}

/** undefined: it was not made here, or is forgotten. */
export async function findMadeBatch(pool: Pool, place: BatchPlace): Promise<MadeBatch | undefined> {
  const { upstream, of } = place;
  const id = 'batch' in of ? of.batch : of.file;
  if (!isStorable(id)) return undefined;
  const condition = 'batch' in of ? 'id = $2' : '(output_file = $2 or error_file = $2)';
  const { rows } = await pool.query<MadeBatch>(
    `select upstream, id, customer from made_batches where upstream = $1 and ${condition}`,
    [upstream, id],
  );
  return rows[0];
}

/** When its results were first asked for, which is now if they were not. */
export async function firstReadOf(
  pool: Pool,
  { upstream, id }: Omit<MadeBatch, 'customer'>,
): Promise<Date> {
  const { rows } = await pool.query<{ readAt: Date }>(
    `update made_batches set read_at = coalesce(read_at, now())
      where upstream = $1 and id = $2 returning read_at as "readAt"`,
    [upstream, id],
  );
  return rows[0]?.readAt ?? new Date();
}

/** A file with errors alone closes nothing. */
export async function closeMadeBatch(pool: Pool, { upstream, of }: BatchPlace): Promise<void> {
  const [id, condition] = 'batch' in of ? [of.batch, 'id = $2'] : [of.file, 'output_file = $2'];
  await pool.query(
    `update made_batches set closed_at = coalesce(closed_at, now())
      where upstream = $1 and ${condition}`,
    [upstream, id],
  );
}

/** How many are older than so many days, paid by the operator, and billed to nobody yet. */
export async function countUnreadBatches(pool: Pool, days: number): Promise<number> {
  const { rows } = await pool.query<{ batches: number }>(
    `select count(*)::int as batches from made_batches
      where closed_at is null and made_at < now() - make_interval(days => $1)`,
    [days],
  );
  return rows[0]?.batches ?? 0;
}
