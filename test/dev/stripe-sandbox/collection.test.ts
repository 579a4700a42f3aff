/** Look-ups by index give what a search through all would, in the order of creation. */
import fc from 'fast-check';
import { createCollection } from '../../../src/dev/stripe-sandbox/collection';
import type { StripeObject } from '../../../src/dev/stripe-sandbox/objects';

interface Doing {
  does: 'put' | 'remove';
  id: number;
  customer: string | null;
}

const doings = fc.array(
  fc.record({
    does: fc.constantFrom('put', 'put', 'put', 'remove') as fc.Arbitrary<Doing['does']>,
    id: fc.integer({ min: 0, max: 9 }),
    customer: fc.constantFrom('cus_a', 'cus_b', null),
  }),
  { maxLength: 60 },
);
const byCustomer = ({ customer }: StripeObject) => (customer as string | null) ?? undefined;

test('whatever is put, changed and removed, an index and a search agree', () => {
  fc.assert(
    fc.property(doings, (list) => {
      const collection = createCollection({ customer: byCustomer });
      // A map keeps the place of an object that is put again: so does Stripe's order of creation.
      const model = new Map<string, StripeObject>();
      for (const { does, id, customer } of list) {
        const object = { id: `o_${id}`, object: 'invoice', created: 0, customer };
        if (does === 'put') collection.put(object);
        else collection.remove(object.id);
        if (does === 'put') model.set(object.id, object);
        else model.delete(object.id);
        const objects = [...model.values()];
        for (const key of ['cus_a', 'cus_b'])
          expect(collection.where('customer', key)).toEqual(
            objects.filter((one) => one.customer === key),
          );
        expect(collection.all()).toEqual(objects);
        expect([...collection.oldestFirst()]).toEqual(objects);
        expect([...collection.newestFirst()]).toEqual([...objects].reverse());
        expect(collection.size).toBe(objects.length);
      }
    }),
  );
});

test('an index that nobody declared is told, and not empty', () => {
  expect(() => createCollection({ customer: byCustomer }).where('custmer', 'cus_a')).toThrow(
    'No index custmer: there are customer.',
  );
});
