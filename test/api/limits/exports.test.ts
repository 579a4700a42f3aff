/** Long lists share what there is: a page at a time, the keys in turn, few of each. */
import { createExports } from '../../../src/api/limits/exports';

test('one page is made at a time, and a key that has one list waits for no other’s ten', async () => {
  const exports = createExports();
  const order: string[] = [];
  let underWay = 0;
  const page = (owner: string) =>
    exports.page(owner, async () => {
      expect((underWay += 1)).toBe(1);
      await new Promise((resolve) => setImmediate(resolve));
      underWay -= 1;
      order.push(owner);
    });
  await Promise.all(['flood', 'flood', 'flood', 'good'].map(page));
  expect(order).toEqual(['flood', 'flood', 'good', 'flood']);
});

test('a page that could not be made lets the next one go', async () => {
  const exports = createExports();
  const broken = exports.page('ada', () => Promise.reject(new Error('gone')));
  const good = exports.page('ada', async () => 'a page');
  await expect(broken).rejects.toThrow('gone');
  expect(await good).toBe('a page');
});

test('a key has a few at once, all together have more, and what ended is free again', () => {
  const exports = createExports({ ofOwner: 2, all: 3 });
  const first = exports.begin('ada');
  exports.begin('ada');
  const beginOf = (owner: string) => () => exports.begin(owner);
  expect(beginOf('ada')).toThrow('2 long lists');
  exports.begin('bo');
  expect(beginOf('bo')).toThrow('3 long lists');
  first();
  expect(beginOf('ada')).not.toThrow();
});
