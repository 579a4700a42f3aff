/** What is broken in the drill: each fault begins, lasts for a while, and is mended again. */
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { LinkName } from '../../src/dev/stack-context';
import { FAULT_MODES, WEBHOOK_FAULTS } from '../../src/dev/stripe-sandbox/objects-own';
import { rollOut } from './builds';
import { persist } from './persist';
import type { Stage } from './stage';

const LINKS: readonly LinkName[] = [
  ...(['postgres', 'temporal-postgres', 'temporal', 'stripe', 'webhooks'] as const),
];
/** Refusals for good (400 to 404) are no faults of this drill: they open exceptions, rightly. */
export const STATUSES = [409, 429, 500, 502, 503, 504] as const;
/** Those that refuse are told apart by their statuses. */
const MODES = FAULT_MODES.filter((mode) => mode !== 'before');
/** The driver's clock is no part of the product. */
const ALL_BUT_CLOCKS = '/v[12]/(?!test_helpers).*';
const SHARE = 0.3;
const BACK_LIMIT_MS = 20_000;

export interface Fault {
  readonly kind: string;
  readonly name: string;
  /** Answers what is to be told besides. An error: it could not be played. */
  play(stage: Stage, seconds: number): Promise<string | undefined>;
}

/** Things are broken in several places at once, but one after the other in each. */
export const PLACES = ['processes', 'links', 'Stripe', 'everything'] as const;
export type Place = (typeof PLACES)[number];

/** All that can be broken, by where it is. */
export function faultsOf({
  names,
  hasSmallDisk,
}: {
  readonly names: readonly string[];
  readonly hasSmallDisk: boolean;
}): Record<Place, Fault[]> {
  const victims = names.filter((name) => name !== 'temporal-ui');
  return {
    processes: victims.flatMap((name) => [killed(name), stopped(name)]),
    links: LINKS.flatMap((name) => [cut(name), slow(name), swallowed(name)]),
    Stripe: [
      ...STATUSES.map((status) => atStripe(`answers ${status}`, { status, mode: 'before' })),
      ...MODES.map((mode) => atStripe(mode, { mode, delayMs: 1_500 })),
      ...WEBHOOK_FAULTS.map(webhooks),
    ],
    everything: [
      { kind: 'deploy', name: 'another build is rolled out', play: (one) => rollOut(one) },
      ...(hasSmallDisk ? [fullDisk()] : []),
    ],
  };
}

const groupOf = (name: string) => name.replace(/-\d+$/, '');

/** It may be on its way back from another fault. */
const pidOf = (stage: Stage, wanted: string): Promise<number> =>
  persist(
    `${wanted} is there`,
    async () => {
      const pid = stage.processes().find(({ name }) => name === wanted)?.pid;
      if (pid === undefined) throw new Error('it is not');
      process.kill(pid, 0);
      return pid;
    },
    undefined,
    BACK_LIMIT_MS,
  );

const killed = (name: string): Fault => ({
  ...{ kind: `SIGKILL ${groupOf(name)}`, name: `${name} is killed` },
  play: async (stage, seconds) => {
    process.kill(await pidOf(stage, name), 'SIGKILL');
    await pause(seconds * 1000);
    return undefined;
  },
});

const stopped = (name: string): Fault => ({
  ...{ kind: `SIGSTOP ${groupOf(name)}`, name: `${name} stands still` },
  play: async (stage, seconds) => {
    const pid = await pidOf(stage, name);
    const pids = [pid, ...(await childrenOf(pid))];
    signal(pids, 'SIGSTOP');
    await pause(seconds * 1000);
    signal(pids, 'SIGCONT');
    return pids.length > 1 ? `${pids.length} processes` : undefined;
  },
});

function signal(pids: readonly number[], name: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, name);
    } catch {
      // It has ended meanwhile.
    }
  }
}

/** Postgres has a process for each connection, which goes on while its parent stands still. */
async function childrenOf(parent: number): Promise<number[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const parents = await Promise.all(
    pids.map(async (pid) => {
      const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
      return [Number(pid), Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1])] as const;
    }),
  );
  return parents.flatMap(([pid, of]) => (of === parent ? [pid] : []));
}

const onLink = (kind: string, name: string, begin: (stage: Stage) => Promise<unknown>): Fault => ({
  ...{ kind, name },
  play: async (stage, seconds) => {
    try {
      await begin(stage);
      await pause(seconds * 1000);
    } finally {
      await persist('the links are healed', () => stage.links.heal());
    }
    return undefined;
  },
});

const cut = (name: LinkName) =>
  onLink(`cut ${name}`, `connections to ${name} are cut`, ({ links }) => links.cut(name));
const slow = (name: LinkName) =>
  onLink(`slow ${name}`, `${name} answers half a second late`, ({ links }) =>
    links.slow(name, 500),
  );
const swallowed = (name: LinkName) =>
  onLink(`swallowed ${name}`, `answers of ${name} are swallowed`, ({ links }) =>
    links.swallow(name),
  );

const sandbox = (stage: Stage, method: string, body?: unknown) =>
  persist('the sandbox takes an order', async () => {
    const response = await fetch(`${stage.sandboxUrl}/_sandbox/faults`, {
      ...{ method, headers: { 'content-type': 'application/json' } },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(await response.text());
  });

const atSandbox = (kind: string, name: string, order: object): Fault => ({
  ...{ kind, name },
  play: async (stage, seconds) => {
    await sandbox(stage, 'POST', { ...order, times: 'always', probability: SHARE });
    await pause(seconds * 1000);
    await sandbox(stage, 'DELETE');
    return undefined;
  },
});

const atStripe = (what: string, order: object) =>
  atSandbox(`Stripe ${what}`, `Stripe: ${what}, three calls of ten`, {
    path: ALL_BUT_CLOCKS,
    ...order,
  });
const webhooks = (what: string) =>
  atSandbox(`webhooks ${what}`, `webhooks: ${what}, three of ten`, {
    webhooks: what,
    ...(what === 'delay' && { delayMs: 2_000 }),
  });

const fullDisk = (): Fault => ({
  ...{ kind: 'full disk', name: "Postgres' disk is full" },
  play: async ({ disk }, seconds) => {
    try {
      await disk?.fill();
      await pause(seconds * 1000);
    } finally {
      await disk?.free();
    }
    return undefined;
  },
});
