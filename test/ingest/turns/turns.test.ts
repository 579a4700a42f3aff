/** Large bodies are worked on in turns of their keys. */
import { createTurns, inSlices } from '../../../src/ingest/turns/turns';

test('a single body waits for one of a flood, and not for the flood', async () => {
  const takeTurn = createTurns();
  const order: string[] = [];
  const work = async (owner: string) => {
    await takeTurn(owner);
    order.push(owner);
  };
  await Promise.all(['flood', 'flood', 'flood', 'good'].map(work));
  expect(order).toEqual(['flood', 'good', 'flood', 'flood']);
});

test('a thousand are worked on in slices, and another key has its turn between two', async () => {
  const takeTurn = createTurns();
  const order: string[] = [];
  const work = async (owner: string, items: number) => {
    await takeTurn(owner);
    const numbers = Array.from({ length: items }, (_, index) => index);
    const doubled = await inSlices(
      numbers,
      (number) => {
        if (number % 100 === 0) order.push(`${owner} ${number}`);
        return number * 2;
      },
      () => takeTurn(owner),
    );
    expect(doubled).toEqual(numbers.map((number) => number * 2));
  };
  await Promise.all([work('flood', 300), work('good', 101)]);
  expect(order).toEqual(['flood 0', 'good 0', 'flood 100', 'good 100', 'flood 200']);
});

test('between two slices the process sees to something else', async () => {
  const takeTurn = createTurns();
  let others = 0;
  const timer = setInterval(() => (others += 1), 0);
  const counts = await inSlices(
    Array.from({ length: 500 }),
    () => {
      const startedAt = performance.now();
      while (performance.now() - startedAt < 0.05);
      return others;
    },
    () => takeTurn('flood'),
  );
  clearInterval(timer);
  expect(new Set(counts).size).toBeGreaterThan(1);
});
