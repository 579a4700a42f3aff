/** What several parts of a page show of one answer. */
import { createStore } from '../../../src/react/data/store';

/** Answers that come when they are told to. */
function later() {
  const waiting: { resolve: (text: string) => void; reject: (error: Error) => void }[] = [];
  const read = () =>
    new Promise<string>((resolve, reject) => void waiting.push({ resolve, reject }));
  return { read, waiting };
}

test('it is asked for once, however many show it', async () => {
  const { read, waiting } = later();
  const store = createStore(read, () => () => undefined);
  store.subscribe(() => undefined);
  store.subscribe(() => undefined);
  expect(waiting).toHaveLength(1);
  expect(store.snapshot()).toEqual({ data: undefined, error: undefined, isLoading: true });
});

test('an answer that was overtaken is not shown', async () => {
  const { read, waiting } = later();
  const store = createStore(read, () => () => undefined);
  const refreshes = [store.refresh(), store.refresh()];
  waiting[1]?.resolve('new');
  waiting[0]?.resolve('old');
  await Promise.all(refreshes);
  expect(store.snapshot()).toEqual({ data: 'new', error: undefined, isLoading: false });
});

test('what was asked for before something was done is not shown', async () => {
  const { read, waiting } = later();
  const store = createStore(read, () => () => undefined);
  const refresh = store.refresh();
  store.set('done');
  waiting[0]?.resolve('old');
  await refresh;
  expect(store.snapshot().data).toBe('done');
});

test('a refusal is told beside what was shown, and goes with the next answer', async () => {
  const { read, waiting } = later();
  const store = createStore(read, () => () => undefined);
  store.set('shown');
  const failing = store.refresh();
  waiting[0]?.reject(new Error('broken'));
  await failing;
  expect(store.snapshot()).toMatchObject({ data: 'shown', error: { code: 'unexpected' } });
  const refresh = store.refresh();
  waiting[1]?.resolve('newer');
  await refresh;
  expect(store.snapshot()).toEqual({ data: 'newer', error: undefined, isLoading: false });
});

test('what nobody shows is not read again', () => {
  const { read, waiting } = later();
  let shown = 0;
  const store = createStore(read, () => {
    shown += 1;
    return () => void (shown -= 1);
  });
  const leave = store.subscribe(() => undefined);
  expect(shown).toBe(1);
  leave();
  store.refreshIfShown();
  expect([shown, waiting.length]).toEqual([0, 1]);
});
