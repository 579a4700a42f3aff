/** Goal: what the drill breaks can be broken again, and leaves no kind of thing out. */
import { measure } from '../../src/demo/measure';
import { FAULT_MODES, WEBHOOK_FAULTS } from '../../src/dev/stripe-sandbox/objects-own';
import { changePlans, CHANGED_PLAN, CHANGER } from '../../bench/chaos/load/plan-changes';
import { reportText } from '../../bench/chaos/report';
import type { Report } from '../../bench/chaos/report';
import { placesOf } from '../../bench/chaos/turns';
import type { Turn } from '../../bench/chaos/turns';

const names = [
  ...['postgres', 'temporal-frontend-1', 'temporal-history-1', 'temporal-history-2'],
  ...['temporal-matching-1', 'temporal-worker-1', 'temporal-ui', 'api-1', 'api-2', 'worker-1'],
];
/** A rollout restarts all workers and APIs, one after the other. */
const ROLLOUT_SECONDS = 60;
const MINUTE = 60;

/** What begins in so many minutes, if nothing takes longer than it should. */
function playedIn(minutes: number, seed: number, hasSmallDisk = true): Turn['fault'][] {
  return placesOf({ names, hasSmallDisk }, seed).flatMap(({ turns }) => {
    const faults = [];
    for (let at = 0; ;) {
      const { fault, seconds, rest } = turns.next().value;
      at += rest;
      if (at >= minutes * MINUTE) return faults;
      faults.push(fault);
      at += fault.kind === 'deploy' ? ROLLOUT_SECONDS : seconds;
    }
  });
}
const namesOf = (seed: number) => playedIn(10, seed).map(({ name }) => name);
const kindsIn = (minutes: number, seed: number) =>
  new Set(playedIn(minutes, seed).map(({ kind }) => kind));
const everyKind = kindsIn(60, 1);

test('the same seed breaks the same in the same order, and another one in another', () => {
  expect(namesOf(7)).toEqual(namesOf(7));
  expect(namesOf(8)).not.toEqual(namesOf(7));
});

test('in each place one fault of each kind comes before a second of any', () => {
  for (const { turns } of placesOf({ names, hasSmallDisk: true }, 7)) {
    const kinds = Array.from({ length: 400 }, () => turns.next().value.fault.kind);
    const count = new Set(kinds).size;
    expect(count).toBeGreaterThan(1);
    expect(new Set(kinds.slice(0, count)).size).toBe(count);
  }
});

test('every process of the product, of Temporal and of Postgres is killed, and stands still', () => {
  const broken = namesOf(7);
  for (const name of names.filter((one) => one !== 'temporal-ui'))
    expect(broken).toEqual(expect.arrayContaining([`${name} is killed`, `${name} stands still`]));
});

test('Stripe fails in every way that the sandbox has, and so do its webhooks', () => {
  const ways = [
    ...FAULT_MODES.filter((mode) => mode !== 'before').map((mode) => `Stripe ${mode}`),
    ...[409, 429, 500, 502, 503, 504].map((status) => `Stripe answers ${status}`),
    ...WEBHOOK_FAULTS.map((what) => `webhooks ${what}`),
  ];
  expect([...everyKind]).toEqual(expect.arrayContaining(ways));
});

test.each([1, 2, 3])('seed %s has every kind in five minutes, and nine a minute', (seed) => {
  expect([...kindsIn(5, seed)].sort()).toEqual([...everyKind].sort());
  expect(playedIn(60, seed).length).toBeGreaterThan(60 * 9);
});

test('a disk is filled only where there is a small one', () => {
  const kinds = (hasSmallDisk: boolean) => playedIn(5, 7, hasSmallDisk).map(({ kind }) => kind);
  expect(kinds(true)).toContain('full disk');
  expect(kinds(false)).not.toContain('full disk');
});

test('a plan goes up at once and down as its period ends; each invoice has the next base', async () => {
  const asked: string[] = [];
  const api = jest.spyOn(globalThis, 'fetch').mockImplementation(async (_, init) => {
    asked.push(String(init?.body));
    return new Response('{}');
  });
  const changes = changePlans({ info: { apiUrl: 'http://api', adminKey: 'key' } as never });
  const periods = [0, 1000, 2000].map((start) => ({ start, end: start + 1000 }));
  for (const period of periods.slice(0, 2))
    for (let stop = 0; stop < 5; stop += 1) await changes.play(period, stop);
  changes.leave(periods[2] as (typeof periods)[number]);
  api.mockRestore();
  expect(asked).toEqual(['{"plan":"pro"}', '{"plan":"starter"}']);
  // 400 of 1000 seconds are left: 40 % of $99.00 less 40 % of $29.00.
  expect(changes.expectedCents()).toEqual([2_800]);
  const measured = (customer: string) => ({
    ...{ customer, plan: CHANGED_PLAN },
    periods: periods.map(({ start }) => ({
      ...{ start: new Date(start * 1000).toISOString(), expectedAmountCents: 9_900 + start },
    })),
  });
  const expected = changes.expected([measured(CHANGER), measured('ada')] as never);
  expect(expected.map((one) => one.periods.map((period) => period.expectedAmountCents))).toEqual([
    [9_900, 3_900, 4_900],
    [9_900, 10_900, 11_900],
  ]);
});

test('the books of an hour of months are asked for whole, with the one that is open', async () => {
  const asked: unknown[] = [];
  const pool = {
    query: async (_: string, values: unknown[]) => (asked.push(values), { rows: [] }),
  };
  const script = { ...{ name: 'ada', plan: 'pro' }, periods: Array<never[]>(90).fill([]) };
  await measure({ pool, stripe: undefined } as never, { customer: 'ada', script });
  expect(asked).toEqual([['ada', 91]]);
});

test('a report says how often what was broken, what was not, and what was found', () => {
  const cut = { after: 3, seconds: 4, kind: 'cut stripe', name: 'connections to stripe are cut' };
  const report: Report = {
    ...{ ok: false, seed: 7, minutes: 1, seconds: 90, months: 2, refundedCents: 200 },
    began: '2026-11-30T12:00:00.000Z',
    faults: [
      ...[cut, { ...cut, after: 9 }],
      {
        ...{ after: 5, seconds: 20, kind: 'SIGKILL api', name: 'api-1 is killed' },
        refused: 'gone',
      },
    ],
    notPlayed: ['a full disk: only root may mount a small one'],
    ...{ answers: { 202: 10 }, customers: [] },
    checks: [{ name: 'no exception is open', ok: false, found: 'ada: usage_rejected' }],
  };
  expect(reportText(report).split('\n')).toEqual([
    'Seed 7: 2 months of 0 customers, 90 s.',
    '2 faults of 1 kinds:',
    '     2  cut stripe',
    'Not played: 5 s, api-1 is killed: gone',
    'Not played: a full disk: only root may mount a small one',
    'Checked:',
    '  NO  no exception is open: ada: usage_rejected',
    'Something is not as it must be.',
  ]);
});
