/** Owners take turns; what one has sent is taken in its order, whole, and none twice. */
import fc from 'fast-check';
import { createFairQueue } from '../../../src/ingest/turns/fair-queue';

interface Asked {
  readonly owner: string;
  readonly rows: readonly number[];
  readonly name: string;
}

const asked = (owner: string, rows: number, name = owner): Asked => ({
  ...{ owner, name },
  rows: Array<number>(rows).fill(0),
});
const everyone = { mayGo: () => true };
const namesOf = (group: readonly Asked[]) => group.map(({ name }) => name);

test('each owner gives one request in turn', () => {
  const queue = createFairQueue<Asked>();
  for (const name of ['a1', 'a2', 'a3', 'b1', 'c1', 'c2'])
    queue.push(asked(name.charAt(0), 1, name));
  expect(namesOf(queue.take(4, everyone))).toEqual(['a1', 'b1', 'c1', 'a2']);
  expect(namesOf(queue.take(4, everyone))).toEqual(['c2', 'a3']);
});

test('a single usage event does not ride with a thousand', () => {
  const queue = createFairQueue<Asked>();
  queue.push(asked('flooder', 1_000));
  queue.push(asked('flooder', 1_000));
  queue.push(asked('good', 1));
  expect(namesOf(queue.take(1_000, everyone))).toEqual(['flooder']);
  expect(namesOf(queue.take(1_000, everyone))).toEqual(['good']);
  expect(namesOf(queue.take(1_000, everyone))).toEqual(['flooder']);
});

test('an owner that is held back keeps its turn', () => {
  const queue = createFairQueue<Asked>();
  for (const name of ['a1', 'a2', 'b1', 'b2']) queue.push(asked(name.charAt(0), 1, name));
  expect(namesOf(queue.take(9, { mayGo: ({ owner }) => owner === 'b' }))).toEqual(['b1', 'b2']);
  expect(namesOf(queue.take(9, everyone))).toEqual(['a1', 'a2']);
});

test('with what goes alone nothing is taken, and it with nothing', () => {
  const queue = createFairQueue<Asked>();
  for (const name of ['a1', 'b1', 'c1']) queue.push(asked(name.charAt(0), 10, name));
  const terms = { ...everyone, goesAlone: ({ owner }: Asked) => owner === 'b' };
  expect(namesOf(queue.take(100, terms))).toEqual(['a1', 'c1']);
  queue.push(asked('a', 10, 'a2'));
  expect(namesOf(queue.take(100, terms))).toEqual(['b1']);
  expect(namesOf(queue.take(100, terms))).toEqual(['a2']);
});

const requests = fc.array(
  fc.record({ owner: fc.constantFrom('a', 'b', 'c'), rows: fc.integer({ min: 1, max: 9 }) }),
);

test('whatever is pushed is taken once, in the order of its owner, and counted', () => {
  fc.assert(
    fc.property(requests, fc.integer({ min: 1, max: 12 }), (pushed, rowsMax) => {
      const queue = createFairQueue<Asked>();
      pushed.forEach(({ owner, rows }, index) => queue.push(asked(owner, rows, String(index))));
      const all = pushed.reduce((sum, { rows }) => sum + rows, 0);
      expect(queue.rows()).toBe(all);
      const groups: Asked[][] = [];
      while (queue.rows() > 0) groups.push(queue.take(rowsMax, everyone));
      for (const group of groups) {
        const rows = group.reduce((sum, each) => sum + each.rows.length, 0);
        expect(rows <= rowsMax || group.length === 1).toBe(true);
      }
      for (const owner of ['a', 'b', 'c']) {
        const indexes = pushed.flatMap((each, index) => (each.owner === owner ? [index] : []));
        const takenOf = groups.flat().filter((each) => each.owner === owner);
        expect(namesOf(takenOf).map(Number)).toEqual(indexes);
        expect(queue.rowsOf(owner)).toBe(0);
      }
    }),
  );
});
