/**
 * Goal: a page that changes all the time costs a reading about once a second, and none of its
 * changes is lost by that. Method: the time of day stands still until the test moves it.
 */
import type { Pool } from 'pg';
import { pino } from 'pino';
import { createDashboardLive } from '../../../src/api/dashboard/dashboard-live';
import type { DashboardView } from '../../../src/dashboard/view';
import { eventually } from '../../support/stack/eventually';

let version: number;
let looks: number;
/** What the listener was sent, by the name of the customer in it. */
let shown: string[];
let leave: () => void;

const looksFrom = (count: number) => {
  const before = looks;
  return eventually(
    async () => looks,
    (now) => now >= before + count,
  );
};
const shows = (name: string) =>
  eventually(
    async () => shown,
    (views) => views.includes(name),
  );

beforeEach(async () => {
  jest.useFakeTimers({ advanceTimers: false, now: 1_700_000_000_000, doNotFake: NOT_FAKED });
  [version, looks, shown] = [1, 0, []];
  const query = async () => {
    looks += 1;
    return { rows: [{ customer: 'ada', version: String(version) }] };
  };
  const live = createDashboardLive({
    pool: { query } as unknown as Pool,
    log: pino({ level: 'silent' }),
    read: async () =>
      ({ customer: 'ada', customerName: `v${version}`, billing: null }) as DashboardView,
  });
  leave = live.join(
    { customer: 'ada', period: undefined },
    {
      onView: (json) => void shown.push((JSON.parse(json) as DashboardView).customerName),
      onAlive: () => undefined,
      onGone: () => undefined,
    },
  );
  await shows('v1');
});
afterEach(() => {
  leave();
  jest.useRealTimers();
});

/** The clock alone is the test's. */
const NOT_FAKED = [
  ...(['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate'] as const),
  ...(['clearImmediate', 'nextTick', 'queueMicrotask', 'performance', 'hrtime'] as const),
];
const pass = (ms: number) => jest.setSystemTime(Date.now() + ms);

test('what changes just after it was read is shown once the page has rested', async () => {
  version = 2;
  await looksFrom(2);
  expect(shown).toEqual(['v1']);
  pass(800);
  await shows('v2');
});

test('what changes meanwhile is shown as it is then, by one reading', async () => {
  for (version = 2; version < 4; version += 1) await looksFrom(1);
  pass(800);
  await shows('v4');
  expect(shown).toEqual(['v1', 'v4']);
});

test('what changes after quiet is shown at the next look', async () => {
  pass(800);
  await looksFrom(2);
  version = 2;
  // One may be under way that has not seen it.
  await looksFrom(3);
  expect(shown).toEqual(['v1', 'v2']);
});
