/** The files that one usage event passes, as its page names them, are the ones that it passes. */
import { posix } from 'node:path';
import { importsOf } from '../architecture/imports';
import { readSources } from '../architecture/source-file';
import { readText } from './documents';

const PAGE = 'docs/explain/one-usage-event.md';
const HOPS = 'docs/explain/architecture.md';

/** Each begins a stretch of the way: what comes before it is a port, Postgres or Temporal. */
const BEGINNINGS = [
  'src/api/listen.ts',
  'src/ingest/pipeline.ts',
  'src/temporal/signals.ts',
  'workflows/billing.ts',
  'activities/index.ts',
];

const rows = [...readText(PAGE).matchAll(/^\| (\d+) \| `([^`]+)` \|/gm)];
const passed = rows.map(([, , file]) => String(file));

test('they are numbered in order, and each is named once', () => {
  expect(rows.map(([, number]) => Number(number))).toEqual(rows.map((_, index) => index + 1));
  expect(passed).toEqual([...new Set(passed)]);
  expect(passed.length).toBeGreaterThan(80);
});

test('each exists, and is imported by another of them or begins a stretch', () => {
  const ours = new Map(readSources().map((source) => [source.path, source]));
  expect(passed.filter((file) => !ours.has(file))).toEqual([]);
  const imported = passed.flatMap((file) => {
    const source = ours.get(file);
    return source ? importsOf(source).map(({ to }) => posix.normalize(to)) : [];
  });
  const alone = passed.filter((file) => !imported.includes(file.replace(/\.ts$/, '')));
  expect(alone.filter((file) => !BEGINNINGS.includes(file))).toEqual([]);
});

test('the hops from the request to the invoice are all among them', () => {
  const text = readText(HOPS);
  const told = text.slice(
    text.indexOf('\n## Follow one token\n'),
    text.indexOf('\n## How a call of a model passes\n'),
  );
  const hops = [...told.matchAll(/^\| \d+ \| (`.*?) \|/gm)];
  const named = hops.flatMap(([, files]) =>
    [...String(files).matchAll(/`([^`]+\.ts)`/g)].map(([, file]) => String(file)),
  );
  expect(named.length).toBeGreaterThan(20);
  // A gap in the batches, and reports that Stripe threw away: neither happens to this one.
  const faults = ['workflows/count-usage.ts', 'src/ingest/meter-error-reports.ts'];
  expect(named.filter((file) => !passed.includes(file))).toEqual(faults);
});
