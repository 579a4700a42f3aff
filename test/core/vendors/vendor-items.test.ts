/** Goal: a vendor's item is wanted once its usage is billable, and nothing is reported before. */
import type { BillingState } from '../../../src/core/state/billing-state';
import { countBatches } from '../../../src/core/counting/counting';
import { withException } from '../../../src/core/state/exceptions';
import { nextReport, ratesToReport } from '../../../src/core/counting/reporting';
import { followSubscription } from '../../../src/core/subscription/subscription';
import { itemsToArrange } from '../../../src/core/subscription/subscription-items';
import { itemsToAskFor } from '../../../src/core/vendors/vendor-items';
import {
  aBatch,
  aLine,
  aPeriod,
  aRate,
  aState,
  aSubscription,
  counted,
  FEBRUARY,
  JANUARY,
  MARCH,
  someTerms,
} from '../../support/builders/builders';
import { recount } from '../../support/builders/recounting';
import type { PeriodState } from '../../../src/core/state/period-state';
import { requestRecount } from '../../../src/core/state/periods';

const vendors = ['acme', 'globex', 'initech'];
const own = aRate();
const rates = [own, ...vendors.map((vendor) => aRate({ id: vendor, vendor, models: ['*'] }))];
const terms = someTerms({ rates, vendorItems: 'on_first_use' });
const MIDDLE = JANUARY + 10 * 86_400;

const using = (...names: string[]): PeriodState =>
  counted(aPeriod({ terms }), ...names.map((vendor) => aLine(1_000, { vendor })));
const stateOf = (...periods: PeriodState[]): BillingState => aState({ periods, vendorItems: {} });
const items = (...ids: string[]) => Object.fromEntries(ids.map((id) => [id, JANUARY]));

const arranged = (period: PeriodState, has: Record<string, number>, itemsMax = 20) =>
  itemsToArrange(stateOf(period), has, { items: Object.keys(has).length + 1, itemsMax });

const NOTHING = { missing: [], superfluous: [], outdated: [], exceeding: [] };

test.each<[string, PeriodState, Record<string, number>, number, object]>([
  ['unused: the plan’s own', using(), {}, 20, { ...NOTHING, missing: [own.id] }],
  ['used: its own, too', using('globex'), items(own.id), 20, { ...NOTHING, missing: ['globex'] }],
  ['there already, and unused: it stays', using(), items(own.id, 'acme'), 20, NOTHING],
  [
    'no room: an idle one leaves',
    using('globex'),
    items(own.id, 'acme'),
    3,
    { ...NOTHING, missing: ['globex'], superfluous: ['acme'] },
  ],
  [
    'no room, and none is idle: told',
    using('acme', 'globex', 'initech'),
    items(own.id, 'acme'),
    4,
    { ...NOTHING, missing: ['globex'], exceeding: ['initech'] },
  ],
  [
    'as from before: all of them',
    aPeriod({ terms: someTerms({ rates }) }),
    items(own.id),
    20,
    { ...NOTHING, missing: vendors },
  ],
])('%s', (_case, period, has, itemsMax, expected) => {
  expect(arranged(period, has, itemsMax)).toEqual(expected);
});

test('nothing is reported before the item is there, and then at a second after it', () => {
  const state = stateOf(using('acme'));
  expect(ratesToReport(state)).toEqual([]);
  expect(itemsToAskFor(state)).toEqual(['acme']);
  const rateItems = { [own.id]: JANUARY, acme: MIDDLE };
  const read = followSubscription(state, aSubscription({ terms, rateItems }));
  expect(itemsToAskFor(read)).toEqual([]);
  expect(read.recount).toBeNull();
  expect(ratesToReport(read)).toEqual(['acme']);
  expect(nextReport(read, 'acme', 0)?.report.timestamp).toBeGreaterThanOrEqual(MIDDLE);
});

test('what was told is not asked for again within the period', () => {
  const opened = { kind: 'items_exceeded', subject: 'acme', message: '' } as const;
  expect(itemsToAskFor(withException(stateOf(using('acme')), opened, 0))).toEqual([]);
});

describe('a period that ended before the item began', () => {
  const next = aPeriod({ start: FEBRUARY, end: MARCH, terms });
  const rateItems = { [own.id]: JANUARY, acme: FEBRUARY + 60 };
  const read = followSubscription(
    stateOf(using('acme'), next),
    aSubscription({ terms, rateItems, currentPeriod: { start: FEBRUARY, end: MARCH } }),
  );

  test('has a line instead, which no plan writes off', () => {
    expect(read.periods[0]).toMatchObject({
      rates: {},
      late: { acme: { tokens: 1_000, inTimeTokens: 1_000 } },
      terms: { lineRates: ['acme'] },
    });
    expect(ratesToReport(read)).toEqual([]);
  });

  test('and so has what comes after, which the ledger counted again says, too', () => {
    const line = (tokens: number) => aLine(tokens, { vendor: 'acme' });
    const ledger = [aBatch(1, line(1_000)), aBatch(2, line(500))];
    const counting = { ...read, appliedSequence: 1 };
    const more = countBatches(counting, ledger);
    expect(more.periods[0]?.late).toMatchObject({ acme: { tokens: 1_500, inTimeTokens: 1_500 } });
    expect(recount(requestRecount(more, 'a test'), ledger).periods).toEqual(more.periods);
  });
});

test('what was told stays told, though a period before had no usage of it', () => {
  const opened = { kind: 'items_exceeded', subject: 'acme', message: '' } as const;
  const now = { ...using('acme'), start: FEBRUARY, end: MARCH };
  const state = withException(stateOf(aPeriod({ terms }), now), opened, 0);
  expect(itemsToAskFor(state)).toEqual([]);
});
