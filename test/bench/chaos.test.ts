/** Goal: what the drill breaks can be broken again, and leaves no kind of thing out. */
import { deckOf } from '../../bench/chaos/faults';
import { reportText } from '../../bench/chaos/report';
import type { Report } from '../../bench/chaos/report';
import { chance } from '../life/chance';

const names = [
  ...['postgres', 'temporal-frontend-1', 'temporal-history-1', 'temporal-history-2'],
  ...['temporal-matching-1', 'temporal-worker-1', 'temporal-ui', 'api-1', 'api-2', 'worker-1'],
];
const deck = (seed: number, hasSmallDisk = true) => deckOf({ names, hasSmallDisk }, chance(seed));
const namesOf = (seed: number) => deck(seed).map(({ name }) => name);

test('the same seed breaks the same in the same order, and another one in another', () => {
  expect(namesOf(7)).toEqual(namesOf(7));
  expect(namesOf(8)).not.toEqual(namesOf(7));
  expect(namesOf(8).sort()).toEqual(namesOf(7).sort());
});

test('one fault of each kind comes before a second of any', () => {
  const kinds = deck(7).map(({ kind }) => kind);
  const count = new Set(kinds).size;
  expect(new Set(kinds.slice(0, count)).size).toBe(count);
});

test('every process of the product, of Temporal and of Postgres is killed, and stands still', () => {
  const broken = namesOf(7);
  for (const name of names.filter((one) => one !== 'temporal-ui'))
    expect(broken).toEqual(expect.arrayContaining([`${name} is killed`, `${name} stands still`]));
});

test('a disk is filled only where there is a small one', () => {
  const kinds = (hasSmallDisk: boolean) => deck(7, hasSmallDisk).map(({ kind }) => kind);
  expect(kinds(true)).toContain('full disk');
  expect(kinds(false)).not.toContain('full disk');
});

test('a report says what was broken, what was not, and what was found', () => {
  const report: Report = {
    ...{ ok: false, seed: 7, minutes: 1, seconds: 90, months: 2, refundedCents: 200 },
    faults: [{ after: 3, seconds: 4, kind: 'cut', name: 'connections to stripe are cut' }],
    notPlayed: ['a full disk: only root may mount a small one'],
    ...{ answers: { 202: 10 }, customers: [] },
    checks: [{ name: 'no exception is open', ok: false, found: 'ada: usage_rejected' }],
  };
  expect(reportText(report).split('\n')).toEqual([
    'Seed 7: 2 months of 0 customers, 90 s.',
    '1 faults of 1 kinds:',
    '     3 s  connections to stripe are cut, 4 s',
    'Not played: a full disk: only root may mount a small one',
    'Checked:',
    '  NO  no exception is open: ada: usage_rejected',
    'Something is not as it must be.',
  ]);
});
