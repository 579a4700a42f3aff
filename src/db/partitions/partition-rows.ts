/** All rows of one partition as texts, for an archive, and back into a table. */
import { escapeIdentifier } from 'pg';
import type { ClientBase } from 'pg';
import type { ArchivedRow } from '../../core/archive/csv-rows';
import { textArray } from '../array-literal';

const ROWS_PER_PAGE = 2_000;
const ROWS_PER_INSERT = 2_000;

export interface Column {
  readonly name: string;
  /** Postgres' name of its type. */
  readonly type: string;
}

/**
 * The columns of a table of usage events, in order. The transaction is left out: it tells what is
 * sealed, and means nothing in another cluster. All that is archived is sealed.
 */
export async function archivedColumns(client: ClientBase, table: string): Promise<Column[]> {
  const { rows } = await client.query<Column>(
    `select attname as name, format_type(atttypid, atttypmod) as type from pg_attribute
      where attrelid = to_regclass($1) and attnum > 0 and not attisdropped and attname <> 'tx'
      order by attnum`,
    [escapeIdentifier(table)],
  );
  return rows;
}

/** Texts are the same whatever the settings of the database and of the role are. */
export async function withPlainTexts(client: ClientBase): Promise<void> {
  await client.query(
    `set timezone = 'UTC'; set datestyle = 'ISO, YMD'; set bytea_output = 'hex'; set extra_float_digits = 1`,
  );
}

/** Ordered by their bytes, whatever the database's locale is. */
async function customersOf(client: ClientBase, table: string): Promise<string[]> {
  const { rows } = await client.query<{ customer: string }>(
    `with recursive known as (
       (select customer from ${table} order by customer limit 1)
       union all
       select (select customer from ${table} where customer > known.customer
                order by customer limit 1)
         from known where known.customer is not null
     )
     select customer from known where customer is not null order by customer collate "C"`,
  );
  return rows.map(({ customer }) => customer);
}

/**
 * Pages of rows: by customer, then time, then the bytes of their ids. Each page is a statement of
 * its own, by the index on customer and time: an export of hours holds up no vacuum.
 */
export async function* partitionRows(
  client: ClientBase,
  partition: string,
  columns: readonly Column[],
): AsyncGenerator<readonly ArchivedRow[]> {
  const table = escapeIdentifier(partition);
  const texts = columns.map(({ name }) => `${escapeIdentifier(name)}::text`).join(', ');
  const [timeAt, idAt] = ['occurred_at', 'id'].map((key) =>
    columns.findIndex(({ name }) => name === key),
  ) as [number, number];
  for (const customer of await customersOf(client, table)) {
    let position: readonly (string | null)[] = ['-infinity', ''];
    for (;;) {
      const { rows } = await client.query<(string | null)[]>({
        text: `select ${texts} from ${table}
                where customer = $1 and occurred_at >= $2
                  and (occurred_at, id collate "C") > ($2::timestamptz, $3)
                order by occurred_at, id collate "C" limit ${ROWS_PER_PAGE}`,
        values: [customer, ...position],
        rowMode: 'array',
      });
      if (rows.length > 0) yield rows;
      const last = rows.at(-1);
      if (!last || rows.length < ROWS_PER_PAGE) break;
      position = [last[timeAt] as string, last[idAt] as string];
    }
  }
}

/**
 * Puts rows, as texts of these columns, into a table that has them; they are sealed there. `span`:
 * only those that occurred within it, [start, end) in Unix seconds.
 */
export async function insertArchivedRows(
  client: ClientBase,
  table: string,
  columns: readonly Column[],
  rows: readonly ArchivedRow[],
  span?: { readonly start: number; readonly end: number },
): Promise<void> {
  const names = columns.map(({ name }) => escapeIdentifier(name)).join(', ');
  const casts = columns.map(({ name, type }) => `${escapeIdentifier(name)}::${type}`).join(', ');
  const arrays = columns.map((_, index) => `$${index + 1}::text[]`).join(', ');
  const [start, end] = [columns.length + 1, columns.length + 2];
  const within = `where occurred_at::timestamptz >= to_timestamp($${start})
                    and occurred_at::timestamptz < to_timestamp($${end})`;
  const text = `
    insert into ${escapeIdentifier(table)} (${names}, tx)
    select ${casts}, '0'::xid8 from unnest(${arrays}) as row (${names}) ${span ? within : ''}`;
  const bounds = span ? [span.start, span.end] : [];
  for (let at = 0; at < rows.length; at += ROWS_PER_INSERT) {
    const slice = rows.slice(at, at + ROWS_PER_INSERT);
    const values = columns.map((_, index) => textArray(slice.map((row) => row[index] ?? null)));
    await client.query(text, [...values, ...bounds]);
  }
}
