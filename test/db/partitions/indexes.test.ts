/**
 * Goal: a month that came back from its archive is made as one that was made for new usage is:
 * columns, defaults, key and indexes, down to their names.
 */
import { startOldLedger } from '../../support/ledger/old-ledger';
import type { OldLedger } from '../../support/ledger/old-ledger';

let ledger: OldLedger;
beforeAll(async () => {
  ledger = await startOldLedger();
});
afterAll(() => ledger.stop());

const tableOf = (month: string) => `usage_events_${month.replace('-', '_')}`;

/** All that a table is made of, where its own name does not matter. */
async function made(month: string): Promise<string[]> {
  const { rows } = await ledger.pool.query<{ part: string }>(
    `select attname || ' ' || format_type(atttypid, atttypmod) || ' ' || attnotnull || ' '
              || attstorage::text || ' ' || coalesce(pg_get_expr(adbin, adrelid), '') as part
       from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum
      where attrelid = $1::regclass and attnum > 0 and not attisdropped
      union all
     select indexdef from pg_indexes where tablename = $2
      union all
     select conname || ' ' || pg_get_constraintdef(oid) from pg_constraint
      where conrelid = $1::regclass and contype <> 'c'
      order by 1`,
    [tableOf(month), tableOf(month)],
  );
  return rows.map(({ part }) => part.replaceAll(tableOf(month), 'PART'));
}

test('a restored month has the columns, the key and the indexes of a new one', async () => {
  const [, month = '', ...others] = ledger.months;
  const [coming = ''] = others.slice(-1);
  const before = await made(month);
  expect(before).toContain(
    'CREATE INDEX "PART_tx" ON public."PART" USING btree (tx)'.replaceAll('"', ''),
  );
  expect(before.filter((part) => part.includes('INDEX'))).toHaveLength(3);
  await ledger.exporting(month);
  await ledger.detaching(month);
  await ledger.dropping(month);
  await ledger.attaching(month);
  expect(await made(month)).toEqual(before);
  expect(await made(coming)).toEqual(before);
});

test('an attempt to restore that was ended leaves nothing that is in the way of the next', async () => {
  const [, month = ''] = ledger.months;
  await ledger.exporting(month);
  await ledger.detaching(month);
  await ledger.dropping(month);
  await ledger.pool.query(`create table ${tableOf(month)}_restoring (id text)`);
  await ledger.attaching(month);
  const { rowCount } = await ledger.pool.query(
    `select from pg_class where relname like '%restoring%'`,
  );
  expect(rowCount).toBe(0);
});
