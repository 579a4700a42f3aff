/** Which transactions a pass of sealing takes, by table and by property. */
import fc from 'fast-check';
import { endingAt, nextStretch, overByNow, stretchOf } from '../../../src/core/usage/sealing-range';
import type { SealingRange } from '../../../src/core/usage/sealing-range';

const range = (one: Partial<SealingRange>): SealingRange => ({
  ...{ sealedBelow: '100', passedOver: [], open: [], next: '110' },
  ...one,
});

test.each([
  ['nothing is open: up to the next', range({}), '0', { to: '110', without: [], passedOver: [] }],
  [
    'one is waited for: up to it',
    range({ open: ['105', '103'] }),
    '0',
    { to: '103', without: [], passedOver: [] },
  ],
  [
    'one was waited for: beyond it, up to the next that is not',
    range({ open: ['103', '105'] }),
    '104',
    { to: '105', without: ['103'], passedOver: ['103'] },
  ],
  [
    'one that was passed over is not waited for again',
    range({ open: ['90', '107'], passedOver: ['90'] }),
    '0',
    { to: '107', without: [], passedOver: ['90'] },
  ],
  [
    'the first is waited for, in whatever order they are told',
    range({ open: ['103', '105'] }),
    '0',
    { to: '103', without: [], passedOver: [] },
  ],
  [
    'the one at which patience begins is waited for',
    range({ open: ['104'] }),
    '104',
    { to: '104', without: [], passedOver: [] },
  ],
  [
    'the very next is open: nothing',
    range({ open: ['100'] }),
    '0',
    { to: '100', without: [], passedOver: [] },
  ],
  [
    'the cluster has come to less than is sealed: nothing',
    range({ next: '90' }),
    '0',
    { to: '100', without: [], passedOver: [] },
  ],
  [
    'the horizon is where the next begins: nothing',
    range({ open: ['100'], next: '100' }),
    '0',
    { to: '100', without: [], passedOver: [] },
  ],
])('%s', (_, given, waitedBelow, expected) => {
  const { from, sealedBelow, ...stretch } = nextStretch(given, waitedBelow);
  expect([from, sealedBelow]).toEqual(['100', stretch.to]);
  expect(stretch).toEqual(expected);
});

test('a shorter stretch passes over those alone that are in it', () => {
  expect(endingAt(range({ open: ['103', '107'], passedOver: ['90'] }), '105')).toEqual({
    ...{ from: '100', to: '105', sealedBelow: '105' },
    ...{ without: ['103'], passedOver: ['90', '103'] },
  });
});

test('one that is over by now is sealed by itself, and the horizon stays', () => {
  const given = range({ passedOver: ['90', '95'], open: ['95'] });
  expect(overByNow(given)).toEqual(['90']);
  expect(stretchOf(given, '90')).toEqual({
    ...{ from: '90', to: '91', without: [] },
    ...{ sealedBelow: '100', passedOver: ['95'] },
  });
});

test('whichever transactions stay open, each is in one stretch, and in none while it is open', () => {
  const ids = fc.uniqueArray(fc.integer({ min: 1, max: 40 }), { maxLength: 12 });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(ids, fc.integer({ min: 0, max: 50 })), { minLength: 1 }),
      (looks) => {
        const taken: number[] = [];
        let state: Pick<SealingRange, 'sealedBelow' | 'passedOver'> = {
          sealedBelow: '0',
          passedOver: [],
        };
        // One that is over stays so: it is open up to the last look in which it is.
        const openAt = (look: number) => [...new Set(looks.slice(look).flatMap(([open]) => open))];
        for (let look = 0; look <= looks.length; look += 1) {
          const open = openAt(look).map(String);
          for (let isMore = true; isMore;) {
            const given = { ...state, open, next: '41' };
            const [over] = overByNow(given);
            const stretch =
              over === undefined
                ? nextStretch(given, String(looks[look]?.[1] ?? 0))
                : stretchOf(given, over);
            isMore = over !== undefined;
            for (let tx = BigInt(stretch.from); tx < BigInt(stretch.to); tx += 1n)
              if (!stretch.without.includes(String(tx))) {
                expect(open).not.toContain(String(tx));
                taken.push(Number(tx));
              }
            state = stretch;
          }
        }
        expect(taken.sort((a, b) => a - b)).toEqual(Array.from({ length: 41 }, (_, tx) => tx));
      },
    ),
  );
});
