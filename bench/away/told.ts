/** What is told while it is away: by health, metrics, alerts, logs and the doctor. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../../src/dev/free-port';
import type { Examination } from '../../src/cli/doctor/doctor';
import type { Stage } from '../chaos/stage';
import { firingAlerts, samplesOf } from './alerts';
import type { Sample } from './alerts';

const ASK_MS = 20_000;
const DOCTOR_MS = 150_000;
/** Pino's number of a warning. */
const WARNING = 40;
const DAY_SECONDS = 86_400;

export interface Told {
  readonly healthz: string;
  readonly readyz: string;
  readonly metrics: string;
  readonly alerts: readonly string[];
  /** How often each warning or error was logged, the most frequent first. */
  readonly logged: readonly (readonly [message: string, times: number])[];
  readonly doctor: readonly string[];
}

/** Workers tell theirs on ports of their own. */
export async function workerPorts(names: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const ports = await freePorts(names.length);
  return new Map(names.map((name, index) => [name, Number(ports[index])]));
}

export async function scrape(
  { info }: Pick<Stage, 'info'>,
  workers: ReadonlyMap<string, number>,
): Promise<{ readonly status: string; readonly samples: readonly Sample[] }> {
  const api = await get(`${info.apiUrl}/metrics`, info.adminKey);
  const others = await Promise.all(
    [...workers.values()].map((port) => get(`http://127.0.0.1:${port}/metrics`)),
  );
  const texts = [api, ...others].flatMap(({ status, text }) => (status === '200' ? [text] : []));
  return { status: api.status, samples: texts.flatMap(samplesOf) };
}

export async function whatIsTold(
  stage: Stage,
  workers: ReadonlyMap<string, number>,
  before: readonly Sample[],
  since: number,
): Promise<Told> {
  const { info } = stage;
  const [healthz, readyz, found] = await Promise.all([
    get(`${info.apiUrl}/healthz`),
    get(`${info.apiUrl}/readyz`),
    scrape(stage, workers),
  ]);
  const stretch = DAY_SECONDS / ((Date.now() - since) / 1000);
  return {
    ...{ healthz: healthz.status, readyz: readyz.status, metrics: found.status },
    alerts: await firingAlerts(before, found.samples, stretch),
    logged: await loggedSince(stage, since),
    doctor: await askDoctor(stage),
  };
}

async function get(url: string, key?: string): Promise<{ status: string; text: string }> {
  try {
    const headers: Record<string, string> = key ? { authorization: `Bearer ${key}` } : {};
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(ASK_MS) });
    return { status: String(response.status), text: await response.text() };
  } catch (error) {
    return { status: 'no answer', text: String(error) };
  }
}

export async function loggedSince(stage: Stage, since: number): Promise<Told['logged']> {
  const folder = await mkdtemp(join(tmpdir(), 'tollkeeper-away-logs-'));
  try {
    await stage.keepLogs(folder);
    const counts = new Map<string, number>();
    for (const file of (await readdir(folder)).filter((name) => /^(api|worker)/.test(name)))
      for (const line of (await readFile(join(folder, file), 'utf8')).split('\n')) {
        const message = warningOf(line, since);
        if (message !== undefined) counts.set(message, (counts.get(message) ?? 0) + 1);
      }
    return [...counts].sort(([, a], [, b]) => b - a);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function warningOf(line: string, since: number): string | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const { level, time, msg } = JSON.parse(line) as { level: number; time: number; msg: string };
    return level >= WARNING && time >= since ? msg : undefined;
  } catch {
    return undefined;
  }
}

/** An operator's command, by the same connections as our processes have. */
function askDoctor({ environment }: Stage): Promise<string[]> {
  const program = join(__dirname, '..', '..', 'bin', 'tollkeeper.js');
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [program, 'doctor', '--json'],
      { env: environment, timeout: DOCTOR_MS, maxBuffer: 16 * 1024 * 1024 },
      (_error, output, errors) => {
        try {
          const { findings } = JSON.parse(output) as Examination;
          resolve(findings.map(({ severity, of, what }) => `${severity} ${of}: ${what}`));
        } catch {
          resolve([`not examined: ${errors.trim().split('\n').at(-1)}`]);
        }
      },
    );
  });
}
