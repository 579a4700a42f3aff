/**
 * Schemathesis, which makes requests of the OpenAPI document and holds each answer to it: installed
 * once, and run on a product for as long or as many cases as is asked for.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pythonWith } from '../sdk/python';

const PACKAGE = 'schemathesis==4.32.5';
/** A first guess at the cases of a second: fewer than there are, so that one run is enough. */
const PER_SECOND = 8;
const CONFIGURATION = join(__dirname, 'schemathesis.toml');
/** A run that finds as much can't be read any further. */
const FAILURES_SHOWN_MAX = 20;
/** A path of 16 KiB says no more than its beginning. */
const COLUMNS_MAX = 400;

export interface SchemathesisOptions {
  readonly apiUrl: string;
  readonly key: string;
  readonly seed: number;
  /** At least, for a run; what it costs to begin and to tell comes on top. */
  readonly seconds: number;
  /** One run is to have so many; if it falls short, one of the next seed makes the rest. */
  readonly cases: number;
}

export interface SchemathesisReport {
  readonly cases: number;
  readonly runs: number;
  /** What was found, with a request for each; empty: nothing. */
  readonly failures: string;
}

export const findSchemathesis = (): Promise<string> =>
  pythonWith(PACKAGE, PACKAGE, (pip) => pip([PACKAGE]));

export async function runSchemathesis(
  python: string,
  { seed, cases, seconds, ...options }: SchemathesisOptions,
): Promise<SchemathesisReport> {
  let [made, runs, spent] = [0, 0, 0];
  while (runs === 0 || made < cases) {
    const perSecond = made > 0 ? made / spent : PER_SECOND;
    const wanted = Math.max(seconds, Math.ceil((cases - made) / perSecond));
    const { status, output } = await runOnce(python, {
      ...{ ...options, seed: seed + runs, seconds: wanted },
    });
    runs += 1;
    spent += wanted;
    made += casesOf(output);
    if (cases > 0) process.stderr.write(`run ${runs}, ${wanted} s: ${made} cases so far\n`);
    if (status !== 0) return { cases: made, runs, failures: failuresOf(output, status) };
  }
  return { cases: made, runs, failures: '' };
}

async function runOnce(
  python: string,
  { apiUrl, key, seed, seconds }: Omit<SchemathesisOptions, 'cases'>,
): Promise<{ status: number | null; output: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'tollkeeper-schemathesis-'));
  const args = [
    ...['-m', 'schemathesis.cli', '--no-color', '--config-file', CONFIGURATION],
    ...['run', `${apiUrl}/openapi.json`, '-H', `Authorization: Bearer ${key}`],
    ...['--seed', String(seed), '--max-time', String(seconds)],
    // Python 3.11 parses no code in two threads at once, and a worker is one.
    ...['--workers', '1'],
    ...['--max-failures', String(FAILURES_SHOWN_MAX), '--generation-database', 'none'],
    // How long an answer takes says how busy the machine is.
    ...['--suppress-health-check', 'all', '--request-timeout', '60'],
  ];
  try {
    const child = spawn(python, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    const [status] = (await once(child, 'close')) as [number | null];
    return { status, output };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Its own sum, but for what was not sent or not held to anything: `20012 generated, 3 skipped`. */
function casesOf(output: string): number {
  const [line = ''] = /^\s*[\d,]+ generated.*$/m.exec(output) ?? [];
  const countOf = (what: string) =>
    Number((new RegExp(`([\\d,]+) ${what}`).exec(line)?.[1] ?? '0').replaceAll(',', ''));
  return countOf('generated') - countOf('errored') - countOf('skipped');
}

function failuresOf(output: string, status: number | null): string {
  const start = Math.max(0, output.search(/^=+ (FAILURES|ERRORS) =+$/m));
  const lines = output.slice(start).split('\n');
  return `schemathesis ended with ${status}:\n${lines.map((line) => line.slice(0, COLUMNS_MAX)).join('\n')}`;
}
