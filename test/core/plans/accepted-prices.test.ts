/** Goal: a price is accepted by its own figures, and left over by those of its own rate. */
import { comparePrices, isAccepted } from '../../../src/core/plans/sold-prices';
import type { PriceDifference, SoldItem } from '../../../src/core/state/remembered';
import { aRate, someTerms } from '../../support/builders/builders';

const base: SoldItem = {
  ...{ priceId: 'price_base', planId: 'starter', rateId: null, unitAmount: '2900', quantity: 1 },
};
const ofRate = (rateId: string, unitAmount: string): SoldItem => ({
  ...{ priceId: `price_${rateId}`, planId: null, rateId, unitAmount, quantity: 1 },
});

test('each of several differences that were accepted is', () => {
  const differing = (rateId: string): PriceDifference => ({
    ...ofRate(rateId, '0.0009'),
    soldAmount: '0.0003',
  });
  const acceptedPrices = [differing('a'), differing('b')];
  const isIt = (rateId: string) => isAccepted({ acceptedPrices }, differing(rateId));
  expect(['a', 'b', 'c'].map(isIt)).toEqual([true, true, false]);
});

test('what is left from the version before is told by its own rate’s price', () => {
  const sold = (catalogVersion: string, a: string, b: string) =>
    someTerms({
      catalogVersion,
      rates: [
        aRate({ id: 'a', pricePerMillionTokens: a }),
        aRate({ id: 'b', pricePerMillionTokens: b }),
      ],
    });
  const history = { terms: [sold('v1', '3.00', '4.00')], outdated: [] };
  const compared = (unitAmount: string) =>
    comparePrices(
      sold('v2', '3.00', '5.00'),
      { planId: 'starter', monthlyPriceCents: 2900 },
      [base, ofRate('a', '0.0003'), ofRate('b', unitAmount)],
      history,
    );
  expect(compared('0.0004')).toEqual({ differences: [], outdated: ['b'] });
  expect(compared('0.0003').differences).toMatchObject([{ rateId: 'b', soldAmount: '0.0005' }]);
});
