/** Goal: whoever is counted is counted by name, and comes to nothing again. */
import { createTally } from '../../src/core/tally';

test('each name has its own number', () => {
  const tally = createTally();
  tally.add('ada', 2);
  tally.add('bo', 1);
  tally.add('ada', 1);
  expect([tally.of('ada'), tally.of('bo'), tally.of('cy')]).toEqual([3, 1, 0]);
});

test('what was added is taken away again', () => {
  const tally = createTally();
  tally.add('ada', 2);
  tally.add('ada', -2);
  expect(tally.of('ada')).toBe(0);
});
