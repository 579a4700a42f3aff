/** Goal: signalled usage is handed over in order, many at a time, and none waits for another. */
import {
  isAnyUntried,
  isCarriable,
  nextSignalled,
  partsOf,
  refuseSignalled,
  withoutSignalled,
} from '../../../src/core/usage/signalled-usage';

const calls = (count: number) => Array.from({ length: count }, (_, id) => ({ id }));
const signals = (count: number) =>
  calls(count).flatMap((call) => partsOf(`s${call.id}`, [call], 1));
const namesOf = (parts: readonly { readonly signal: string }[]) => parts.map((one) => one.signal);

test('a thousand signals of one usage event each are handed over at once', () => {
  expect(nextSignalled(signals(1_500))).toHaveLength(1_000);
});

test('one signal with more than fits is handed over in parts, each knowing where it begins', () => {
  const parts = partsOf('s', calls(2_500), 1);
  expect(parts.map(({ from, events }) => [from, events.length])).toEqual([
    [0, 1_000],
    [1_000, 1_000],
    [2_000, 500],
  ]);
});

test('what is far too large, or nested too deeply, is kept as a text that says so', () => {
  let nested: unknown = 1;
  for (let depth = 0; depth < 100_000; depth += 1) nested = [nested];
  const parts = partsOf('s', [nested, 'x'.repeat(100_000), undefined], 1);
  const [deep, large, nothing] = parts.flatMap(({ events }) => events);
  expect(deep).toContain('nested too deeply');
  expect(String(large)).toHaveLength(4_000);
  expect(nothing).toBeNull();
});

test('refused among others each is tried by itself, and one that is refused then comes last', () => {
  const waiting = signals(3);
  const apart = refuseSignalled(waiting, nextSignalled(waiting), 5);
  expect(namesOf(nextSignalled(apart))).toEqual(['s0']);
  const refused = refuseSignalled(apart, nextSignalled(apart), 6);
  expect(namesOf(nextSignalled(refused))).toEqual(['s1']);
  const rest = withoutSignalled(refused, nextSignalled(refused));
  const left = withoutSignalled(rest, nextSignalled(rest));
  expect([namesOf(left), isAnyUntried(left)]).toEqual([['s0'], false]);
  expect(namesOf(nextSignalled(left))).toEqual(['s0']);
  expect(namesOf(nextSignalled([...left, ...partsOf('new', [1], 7)]))).toEqual(['new']);
});

test('a run leaves no more to the next one than can be given', () => {
  const large = partsOf(
    's',
    calls(10).map(({ id }) => ({ id, metadata: 'x'.repeat(40_000) })),
    1,
  );
  expect(isCarriable(large.slice(0, 1))).toBe(true);
  expect(isCarriable(large)).toBe(false);
});
