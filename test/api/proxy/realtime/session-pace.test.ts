/** Goal: no response of a session goes around its customer's pace, and none takes two places. */
import { paceSession } from '../../../../src/api/proxy/realtime/session-pace';

const create = JSON.stringify({ type: 'response.create' });
const begun = (id: string) => JSON.stringify({ type: 'response.created', response: { id } });

/** It has so many places. */
function aSession(places: number) {
  const taken: number[] = [];
  const told: unknown[] = [];
  const cancelled: string[] = [];
  const noPlace = new Error('no place');
  const take = async () => {
    if (taken.length === places) throw noPlace;
    taken.push(taken.length + 1);
  };
  const pace = paceSession({
    ...{ take, tell: (error) => told.push(error), cancel: (id) => cancelled.push(id) },
  });
  return { pace, taken, told, cancelled, noPlace };
}

test('a response that the app asks for takes one place, before it is asked for', async () => {
  const { pace, taken } = aSession(9);
  expect(await pace.fromClient(create)).toBe(true);
  expect(taken).toEqual([1]);
  await pace.fromProvider(begun('resp_1'));
  expect(taken).toEqual([1]);
});

test('one that the provider begins by itself takes its own, as it begins', async () => {
  const { pace, taken } = aSession(9);
  await pace.fromClient(create);
  for (const id of ['resp_1', 'resp_2', 'resp_3']) await pace.fromProvider(begun(id));
  expect(taken).toEqual([1, 2, 3]);
});

test('what is no beginning of a response takes none', async () => {
  const { pace, taken } = aSession(9);
  expect(await pace.fromClient(JSON.stringify({ type: 'input_audio_buffer.append' }))).toBe(true);
  for (const text of [
    JSON.stringify({ type: 'response.done', response: { id: 'resp_1' } }),
    JSON.stringify({ type: 'response.text.delta', delta: 'response.created' }),
    'response.created',
    '',
  ])
    await pace.fromProvider(text);
  expect(taken).toEqual([]);
});

test('the app waits for the place of a response that the provider has begun', async () => {
  let give = (): void => undefined;
  const take = () => new Promise<void>((resolve) => (give = resolve));
  const pace = paceSession({ take, tell: () => undefined, cancel: () => undefined });
  let isPassed = false;
  const passed = pace.fromProvider(begun('resp_1')).then(() => (isPassed = true));
  await Promise.resolve();
  expect(isPassed).toBe(false);
  give();
  await passed;
});

test('without a place, one is not asked for, the other is cancelled, and the app is told', async () => {
  const { pace, told, cancelled, noPlace } = aSession(1);
  expect(await pace.fromClient(create)).toBe(true);
  expect(await pace.fromClient(create)).toBe(false);
  await pace.fromProvider(begun('resp_1'));
  expect(cancelled).toEqual([]);
  await pace.fromProvider(begun('resp_2'));
  expect(cancelled).toEqual(['resp_2']);
  expect(told).toEqual([noPlace, noPlace]);
});
