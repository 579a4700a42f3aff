/** Whoever does not wait is made to, and the longer the more of its answers are held already. */
import type { Exchange } from '../../../src/api/limits/hold-back';
import { createHoldBack } from '../../../src/api/limits/hold-back';

function exchange() {
  const headers = new Map<string, unknown>();
  const response = { setHeader: (name: string, value: unknown) => headers.set(name, value) };
  return { headers, both: { request: { socket: null }, response } as unknown as Exchange };
}

test('an owner with hundreds of held answers waits longer than one who comes for the first time', async () => {
  const holdBack = createHoldBack(20);
  const order: string[] = [];
  const flood = Array.from({ length: 400 }, () => holdBack(exchange().both, 'flood'));
  const last = holdBack(exchange().both, 'flood').then(() => order.push('flood'));
  const first = holdBack(exchange().both, 'good').then(() => order.push('good'));
  await Promise.all([...flood, last, first]);
  expect(order).toEqual(['good', 'flood']);
});

test('beyond so many of all owners an answer is not held, and its connection ends', async () => {
  const holdBack = createHoldBack(60_000, 1);
  void holdBack(exchange().both, 'flood');
  const { headers, both } = exchange();
  await holdBack(both, 'another');
  expect(headers.get('Connection')).toBe('close');
});
