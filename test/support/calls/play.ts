/**
 * Plays the calls of one way: the app makes them in lives that end by SIGKILL, and what it records
 * can't be taken in for a while.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NetworkGate } from '../network/network-gate';
import { eventually } from '../stack/eventually';
import { PYTHON_SDK } from '../sdk/python';
import { Journal } from './journal';
import type { KillableProxy } from './killable-proxy';
import { attemptOf, callsOf, IS_SHOW } from './matrix';
import type { Way } from './matrix';
import type { StandIn } from './stand-in';

export interface Stage {
  readonly way: Way;
  readonly provider: StandIn;
  /** Usage passes it on its way to the ledger. */
  readonly gate: NetworkGate;
  readonly apiKey: string;
  /** For journals and spools. */
  readonly folder: string;
  /** Real clients are installed there. */
  readonly clients: string;
  readonly python: string;
  /** undefined: the app meters its calls itself. */
  readonly proxy: KillableProxy | undefined;
  readonly limitMs: number;
}

export interface Life {
  readonly journal: Journal;
  /** Whoever records was killed with the app. */
  isRecorderKilled: boolean;
  /** What the app had left or read to its end was known to the proxy when it was killed. */
  known: ReadonlySet<number> | undefined;
}

/** Shares of the calls that are finished. */
interface Script {
  readonly outage: readonly [number, number];
  readonly kills: readonly { readonly at: number; readonly isProxyToo: boolean }[];
}

const ALONE: Script = {
  outage: [0.2, 0.5],
  kills: [
    { at: 0.35, isProxyToo: false },
    { at: 0.7, isProxyToo: false },
  ],
};

/** A proxy that is started without its database knows no key, so it dies when that is back. */
const PROXIED: Script = {
  outage: [0.1, 0.3],
  kills: [
    { at: 0.2, isProxyToo: false },
    { at: 0.45, isProxyToo: true },
    { at: 0.7, isProxyToo: true },
  ],
};

const CALLS_AT_ONCE = 12;

/** Returns what happened in each life of the app. */
export async function playWay(stage: Stage): Promise<readonly Life[]> {
  const { outage, kills } = stage.proxy ? PROXIED : ALONE;
  const lives: Life[] = [];
  const finished = () => lives.reduce((sum, { journal }) => sum + journal.read().finished.size, 0);
  const untilFinished = (share: number) =>
    eventually(finished, (count) => count >= share * callsOf(stage.way), stage.limitMs);
  await Promise.all([
    untilFinished(outage[0])
      .then(() => stage.gate.shut())
      .then(() => untilFinished(outage[1]))
      .then(() => stage.gate.open()),
    playLives(stage, lives, kills, untilFinished),
  ]);
  return lives;
}

async function playLives(
  stage: Stage,
  lives: Life[],
  kills: Script['kills'],
  untilFinished: (share: number) => Promise<unknown>,
): Promise<void> {
  for (const { at, isProxyToo } of kills) {
    const { app, life, ended } = startLife(stage, lives);
    await Promise.race([untilFinished(at), ended.then(tooEarly)]);
    life.isRecorderKilled = !stage.proxy || isProxyToo;
    if (stage.proxy && isProxyToo) await killProxy(stage, stage.proxy, life);
    app.kill('SIGKILL');
    await ended;
    tell(stage.way, `killed${isProxyToo ? ' with the proxy' : ''}`, life.journal.read());
    if (isProxyToo) await stage.proxy?.start();
  }
  const { life, ended } = startLife(stage, lives);
  const code = await ended;
  if (code !== 0) throw new Error(`The app (${stage.way}) ended with ${code}: expected 0.`);
  tell(stage.way, 'at the end', life.journal.read());
}

/** A show is long. */
function tell(way: Way, what: string, { finished }: Journal): void {
  if (IS_SHOW) process.stderr.write(`${way}: ${what}, ${finished.size} calls finished\n`);
}

const tooEarly = (code: number | null): never => {
  throw new Error(`An app ended with ${code}, and was to be killed: see what it printed.`);
};

function startLife(stage: Stage, lives: Life[]) {
  const { way, folder, provider, proxy } = stage;
  const number = lives.length;
  const journal = new Journal(join(folder, `journal-${number}`));
  const finished = new Set(lives.flatMap((life) => [...life.journal.finished]));
  const calls = Array.from({ length: callsOf(way) }, (_, call) => call)
    .filter((call) => !finished.has(call))
    .map((call) => attemptOf(way, call, number));
  const task = {
    ...{ life: number, journal: journal.path, clients: stage.clients, atOnce: CALLS_AT_ONCE },
    upstreams: proxy?.upstreams ?? directly(provider.url),
    ...(proxy
      ? { keys: proxy.keys }
      : {
          tollkeeper: {
            ...{ url: stage.gate.url, apiKey: stage.apiKey, directory: join(folder, 'spool') },
          },
        }),
    calls,
  };
  const life: Life = { journal, isRecorderKilled: false, known: undefined };
  lives.push(life);
  const app = startApp(stage, task);
  const ended = once(app, 'exit').then(([code]) => code as number | null);
  return { app, life, ended };
}

/** A proxied client has the key of its customer; here any will do. */
const directly = (url: string) => ({
  ...{ chat: { url: `${url}/v1`, apiKey: 'sk' }, responses: { url: `${url}/v1`, apiKey: 'sk' } },
  ...{ messages: { url, apiKey: 'sk' }, gemini: { url, apiKey: 'sk' }, bedrock: { url } },
  compatible: { url: `${url}/v1`, apiKey: 'sk' },
});

function startApp({ way, folder, python }: Stage, task: object): ChildProcess {
  const path = join(folder, 'task.json');
  writeFileSync(path, JSON.stringify(task));
  const stdio = ['ignore', 'inherit', 'inherit'] as const;
  if (way !== 'python') {
    const program = ['-r', 'tsx/cjs', join(__dirname, 'app.mjs'), path];
    return spawn(process.execPath, program, { stdio: [...stdio] });
  }
  return spawn(python, [join(__dirname, 'app.py'), path], {
    ...{ stdio: [...stdio], cwd: PYTHON_SDK },
    env: {
      ...process.env,
      ...{ PYTHONDONTWRITEBYTECODE: '1', PYTHONPATH: join(PYTHON_SDK, 'src') },
    },
  });
}

/** What was finished before is recorded for certain; what follows may be. */
async function killProxy(
  { way, provider, limitMs }: Stage,
  proxy: KillableProxy,
  life: Life,
): Promise<void> {
  const finished = new Set(life.journal.read().finished);
  const isOpen = (call: { way: Way; number: number; isOver: boolean }) =>
    call.way === way && finished.has(call.number) && !call.isOver;
  await eventually(
    () => provider.bill.filter(isOpen).length,
    (open) => open === 0,
    limitMs,
  );
  await proxy.untilQuiet();
  life.known = finished;
  await proxy.kill();
}
