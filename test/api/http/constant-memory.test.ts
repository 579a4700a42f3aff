/**
 * Goal: lists take the memory of a page, however many rows they have. Method: what lives in memory
 * after a collection is measured while this many rows are read. `LIST_ROWS=1000000 npx jest
 * test/api/http/constant-memory.test.ts` does so with a million, and prints what it took.
 */
import { startTestApi } from '../../support/api/api';
import type { TestApi } from '../../support/api/api';
import { growthOf } from '../../support/api/live-heap';
import { fillMovements } from '../../support/vendors/many-movements';

const ROWS = Number(process.env.LIST_ROWS ?? 20_000);
/** Each list of so many rows takes more than twice as much where it is read whole. */
const LIVE_MEGABYTES_MAX = 4;

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
  await fill();
}, 900_000);
afterAll(() => api.close());

async function fill(): Promise<void> {
  const insert = (statement: string) => api.pool.query(statement, [ROWS]);
  await insert(
    `insert into customers (customer, email, plan)
     select 'c' || lpad(number::text, 9, '0'), 'c' || number || '@example.com', 'pro'
       from generate_series(1, $1::int) as number`,
  );
  await insert(
    `insert into audit_entries (customer, entry_number, key, kind, detail, previous_hash, hash)
     select 'c000000001', number, 'k:' || number, 'usage_reported',
            jsonb_build_object('number', number, 'note', repeat('x', 200)),
            sha256('before'), sha256('after')
       from generate_series(1, $1::int) as number`,
  );
  await insert(
    `insert into usage_events (id, customer, model, input, occurred_at, metadata, content_hash)
     select 'e' || number, 'c000000001', 'm', 1, '2026-01-01'::timestamptz + number * interval '1 s',
            jsonb_build_object('note', repeat('x', 200)), sha256('x')
       from generate_series(1, $1::int) as number`,
  );
  await insert(
    `insert into billing_periods
       (customer, period_start, period_end, plan, terms, status, invoice_id, statement)
     select 'c000000001', '1900-01-01'::timestamptz + number * interval '1 h',
            '1900-01-01'::timestamptz + (number + 1) * interval '1 h', 'pro',
            '{"planId": "pro"}', 'closed', 'in_' || number,
            jsonb_build_object('invoice', jsonb_build_object('id', 'in_' || number,
              'status', 'paid', 'totalCents', 1, 'note', repeat('x', 200)))
       from generate_series(1, $1::int) as number`,
  );
  // Each is a share and its transfer.
  await fillMovements(api.pool, 'acme', ROWS);
  await api.pool.query('analyze');
}

const ask = async (path: string): Promise<Response> => {
  const response = await api.request(path, { key: api.keys.read });
  if (response.status !== 200) throw new Error(`${path}: ${await response.text()}`);
  return response;
};

/** How many lines an answer has; each is let go of at once. */
async function countLines(path: string, sample: () => void): Promise<number> {
  const { body } = await ask(path);
  let lines = 0;
  for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
    for (const byte of chunk) if (byte === 10) lines += 1;
    sample();
  }
  return lines;
}

async function countRows(path: string, name: string, sample: () => void): Promise<number> {
  let [rows, cursor] = [0, ''];
  do {
    const after = cursor === '' ? '' : `&after=${cursor}`;
    const page = (await (await ask(`${path}?limit=1000${after}`)).json()) as Answer;
    // What was answered is still held.
    sample();
    rows += (page[name] as unknown[]).length;
    cursor = (page.nextCursor as string | null) ?? '';
  } while (cursor !== '');
  return rows;
}

type Answer = Readonly<Record<string, unknown>>;

async function countSold(): Promise<number> {
  const { totals } = (await (await ask('/v1/vendors/acme/payouts')).json()) as {
    totals: { grossCents: number; transferredCents: number };
  };
  // A share is 120 cents, its transfer 100: both were read.
  return totals.grossCents / 120 + totals.transferredCents / 100;
}

const customer = '/v1/customers/c000000001';
const all = '?format=ndjson';

test.each<[string, number, (sample: () => void) => Promise<number>]>([
  ['the audit trail', ROWS, (sample) => countLines(`${customer}/audit`, sample)],
  ['usage events', ROWS, (sample) => countLines(`${customer}/events${all}`, sample)],
  ['invoices', ROWS, (sample) => countRows(`${customer}/invoices`, 'invoices', sample)],
  ['customers', ROWS, (sample) => countRows('/v1/customers', 'customers', sample)],
  ["a vendor's statement", 2 * ROWS, countSold],
  ["a vendor's movements", ROWS, (s) => countLines(`/v1/vendors/acme/movements${all}`, s)],
])(
  '%s: %i rows take the memory of a page',
  async (name, rows, read) => {
    const startedAt = Date.now();
    let count = 0;
    const { liveMegabytes, residentMegabytes } = await growthOf(async (sample) => {
      count = await read(sample);
    });
    if (process.env.LIST_ROWS !== undefined)
      process.stdout.write(
        `${name}: ${count} rows, ${(Date.now() - startedAt) / 1_000} s, ` +
          `${liveMegabytes.toFixed(1)} MB live, ${residentMegabytes.toFixed(0)} MB resident more\n`,
      );
    expect(count).toBe(rows);
    expect(liveMegabytes).toBeLessThan(LIVE_MEGABYTES_MAX);
  },
  900_000,
);
