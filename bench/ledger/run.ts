/**
 * `npm run bench:ledger`: what ingest takes into a ledger of many millions of rows beside what it
 * takes into an empty one, in turns within one run. The rows lie in a running month and the ones
 * before it.
 */
import { statfs } from 'node:fs/promises';
import { tmpdir, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { numbers, runReport } from '../command/run-report';
import { startSurroundings } from '../surroundings';
import { measureLedgers } from './measure';
import { ledgerPicture, ledgerReport, ledgerTable } from './report';

/** What a row takes in the table and its indexes. */
const BYTES_PER_ROW = 370;
/** What is written before checkpoints, and what the loads record. */
const SPARE_BYTES = 8e9;

/** So much of the memory is what Postgres' documentation recommends to begin with. */
const sharedBuffers = `${Math.floor(totalmem() / 4 / 2 ** 20)}MB`;

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '10000000,100000000' },
    rounds: { type: 'string', default: '5' },
    seed: { type: 'string', default: '1' },
    json: { type: 'string' },
    picture: { type: 'string' },
  },
});
const options = {
  sizes: numbers('rows', values.rows).sort((a, b) => a - b),
  rounds: numbers('rounds', values.rounds)[0] ?? 0,
  seed: numbers('seed', values.seed)[0] ?? 0,
};

runReport({
  ...{ json: values.json, picture: values.picture },
  start: async (progress) => {
    await assertRoom();
    return startSurroundings(progress, { shared_buffers: sharedBuffers });
  },
  measure: async (surroundings, progress) =>
    ledgerReport(await measureLedgers(surroundings, options, progress)),
  ...{ table: ledgerTable, draw: ledgerPicture },
});

async function assertRoom(): Promise<void> {
  const bytes = options.sizes.reduce((sum, rows) => sum + rows, 0) * BYTES_PER_ROW + SPARE_BYTES;
  const { bavail, bsize } = await statfs(tmpdir());
  if (bavail * bsize > bytes) return;
  const gigabytes = (count: number) => Math.round(count / 1e9);
  throw new Error(
    `${tmpdir()} has ${gigabytes(bavail * bsize)} GB left, and ${gigabytes(bytes)} are needed: ` +
      'ask for fewer --rows, or set TMPDIR to a folder on a larger disk.',
  );
}
