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

describe('64 KiB of JSON', () => {
  const KIB = 1024;
  // Two characters are its quotes.
  const event = 'x'.repeat(64 * KIB - 2);
  const ofTwo = (signal: string) => partsOf(signal, [event, event], 1);

  test('are kept whole, and two such usage events are one part', () => {
    const parts = partsOf('s', [event, event, event], 1);
    expect(parts.map(({ from, size }) => [from, size])).toEqual([
      [0, 128 * KIB],
      [2, 64 * KIB],
    ]);
    expect(parts[0]?.events).toEqual([event, event]);
  });

  test('of two signals are handed over at once, and no more than that', () => {
    const waiting = ['a', 'b', 'c'].flatMap((signal) => partsOf(signal, [event], 1));
    expect(namesOf(nextSignalled(waiting))).toEqual(['a', 'b']);
    expect(namesOf(nextSignalled([...ofTwo('large'), ...waiting]))).toEqual(['large']);
  });

  test('four times are what a run may leave to the next one', () => {
    expect(isCarriable([...ofTwo('a'), ...ofTwo('b')])).toBe(true);
    expect(isCarriable([...ofTwo('a'), ...ofTwo('b'), ...partsOf('c', [1], 1)])).toBe(false);
  });
});

test('where nothing waits nothing is handed over', () => {
  expect(nextSignalled([])).toEqual([]);
});

test('a lone signal that is refused lets all that come later go first', () => {
  const refused = refuseSignalled(signals(1), signals(1), 5);
  const alone = refuseSignalled(refused, refused, 6);
  expect(isAnyUntried(alone)).toBe(false);
  const waiting = [...alone, ...partsOf('new', [1], 7)];
  expect([namesOf(nextSignalled(waiting)), isAnyUntried(waiting)]).toEqual([['new'], true]);
});

test('what is refused among others counts as untried', () => {
  const waiting = signals(2);
  expect(isAnyUntried(refuseSignalled(waiting, waiting, 5))).toBe(true);
});
