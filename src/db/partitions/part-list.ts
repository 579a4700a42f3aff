/** All parts of the ledger, with those that were archived: where each stands, and its size. */
import type { ClientBase, Pool } from 'pg';
import { CLOSED } from './close-partition';

/**
 * `coming`: it has not begun. `current`: it takes usage. `ended`: it takes no more. `closed`: it is
 * indexed for reading alone. `detaching`: that was begun, and has to be repeated. `detached`: it is
 * archived, and its table stands. `archived`: its table was dropped.
 */
export type PartState =
  'coming' | 'current' | 'ended' | 'closed' | 'detaching' | 'detached' | 'archived';

export interface ListedPart {
  readonly name: string;
  readonly state: PartState;
  /** Postgres' texts of the times, [starts, ends). */
  readonly starts: string;
  readonly ends: string;
  /** An estimate of Postgres', unless it is archived; null: it was never counted. */
  readonly events: number | null;
  /** What it takes up in the database, and of that the indexes. */
  readonly bytes: number;
  readonly indexBytes: number;
}

export async function listParts(client: ClientBase): Promise<ListedPart[]> {
  const { rows } = await client.query<ListedPart>(
    `select name,
            case when archive.manifest_sha256 is not null and part.part is not null then 'detaching'
                 when archive.manifest_sha256 is not null and found is not null then 'detached'
                 when archive.manifest_sha256 is not null then 'archived'
                 when part.starts > now() then 'coming'
                 when part.ends > now() then 'current'
                 when obj_description(found, 'pg_class') = '${CLOSED}' then 'closed'
                 else 'ended' end as state,
            coalesce(part.starts, archive.starts)::text as starts,
            coalesce(part.ends, archive.ends)::text as ends,
            coalesce(archive.events, nullif(reltuples, -1))::float8 as events,
            coalesce(pg_total_relation_size(found), 0)::float8 as bytes,
            coalesce(pg_indexes_size(found), 0)::float8 as "indexBytes"
       from usage_partitions as part full join usage_archives as archive using (name)
      cross join lateral (select to_regclass(quote_ident(name))) as t (found)
       left join pg_class on pg_class.oid = found
      order by coalesce(part.ends, archive.ends)`,
  );
  return rows;
}

export interface UnfinishedParts {
  /** Noted as archived, and still a part of the ledger. */
  readonly detaching: readonly string[];
  /** Those of at least so many bytes that ended a week ago. */
  readonly toClose: readonly string[];
}

/** API and worker may ask this as well. */
export async function listUnfinishedParts(pool: Pool, bytesMin: number): Promise<UnfinishedParts> {
  const { rows } = await pool.query<UnfinishedParts>(
    `select coalesce(array_agg(part.name order by part.ends)
              filter (where archive.manifest_sha256 is not null), '{}')
              as detaching,
            coalesce(array_agg(part.name order by part.ends)
              filter (where archive.manifest_sha256 is null
                        and part.ends < now() - interval '7 days'
                        and coalesce(obj_description(part.part, 'pg_class'), '') <> '${CLOSED}'
                        and pg_total_relation_size(part.part) >= $1), '{}') as "toClose"
       from usage_partitions as part left join usage_archives as archive using (name)`,
    [bytesMin],
  );
  return rows[0] as UnfinishedParts;
}
