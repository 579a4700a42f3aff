/** Large bodies are worked on in turns of their keys. */
import { createTurns } from '../../../src/api/limits/turns';

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
