/** Errors let through: whatever comes in, each outcome stands where its item stood. */
import fc from 'fast-check';
import { DomainError } from '../../src/core/errors';
import { keepPlaces } from '../../src/ingest/keep-places';

interface Item {
  readonly id: number;
}

const fault = () => new DomainError('invalid_usage_event', 'a bad one');
const items = fc.array(
  fc.oneof(
    fc.nat().map((id): Item | DomainError => ({ id })),
    fc.constant(null).map(fault),
  ),
);

test('outcomes keep their places, and errors pass untouched and unseen', async () => {
  await fc.assert(
    fc.asyncProperty(items, async (given) => {
      const seen: Item[] = [];
      const outcomes = await keepPlaces(given, async (good) => {
        seen.push(...good);
        return good.map(({ id }) => `outcome of ${id}`);
      });
      expect(outcomes).toHaveLength(given.length);
      given.forEach((item, at) => {
        if (item instanceof DomainError) expect(outcomes[at]).toBe(item);
        else expect(outcomes[at]).toBe(`outcome of ${item.id}`);
      });
      expect(seen).toEqual(given.filter((item) => !(item instanceof DomainError)));
    }),
  );
});

test('an item that is refused on the way keeps its place too, also when it is done twice', async () => {
  const isOdd = ({ id }: Item) => id % 2 === 1;
  await fc.assert(
    fc.asyncProperty(items, async (given) => {
      const outcomes = await keepPlaces(given, (good) => {
        const checked = good.map((item) => (isOdd(item) ? fault() : item));
        return keepPlaces(checked, async (rows) => rows.map(({ id }) => id));
      });
      given.forEach((item, at) => {
        if (item instanceof DomainError || isOdd(item))
          expect(outcomes[at]).toBeInstanceOf(DomainError);
        else expect(outcomes[at]).toBe(item.id);
      });
    }),
  );
});

test('fewer outcomes than items are no answer: nobody would know whose they are', async () => {
  await expect(keepPlaces([{ id: 1 }, { id: 2 }], async () => ['only one'])).rejects.toThrow(
    '2 items had 1 outcomes: expected one for each.',
  );
});
