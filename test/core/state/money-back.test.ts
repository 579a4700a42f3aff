/** Goal: of each charge the latest reading of its refunds and disputes is remembered. */
import { billingDetails } from '../../../src/core/state/billing-details';
import { withMoneyBack } from '../../../src/core/state/money-back';
import { aState } from '../../support/builders/builders';
import type { MoneyBack } from '../../../src/core/state/remembered';

const aReading = (overrides: Partial<MoneyBack> = {}): MoneyBack => ({
  chargeId: 'ch_1',
  invoiceId: 'in_feb',
  refundedCents: 500,
  disputes: [],
  ...overrides,
});
const lost = [{ id: 'dp_1', status: 'lost', amountCents: 2900 }];

test('a charge read again is remembered as it is now, once', () => {
  const once = withMoneyBack(aState(), aReading());
  const again = withMoneyBack(once, aReading({ refundedCents: 900, disputes: lost }));
  expect(again.moneyBack).toEqual([aReading({ refundedCents: 900, disputes: lost })]);
});

test('of more than ten charges the one that was read longest ago is forgotten', () => {
  const ids = ['ch_z', 'ch_b', 'ch_c', 'ch_d', 'ch_e', 'ch_f', 'ch_g', 'ch_h', 'ch_i', 'ch_j'];
  const readings = [...ids, 'ch_b', 'ch_a'].map((chargeId) => aReading({ chargeId }));
  const { moneyBack } = readings.reduce(withMoneyBack, aState());
  const rest = ['ch_c', 'ch_d', 'ch_e', 'ch_f', 'ch_g', 'ch_h', 'ch_i', 'ch_j', 'ch_b', 'ch_a'];
  expect(moneyBack.map(({ chargeId }) => chargeId)).toEqual(rest);
});

test('the workflow remembers ten charges: the audit trail has them all', () => {
  const many = Array.from({ length: 15 }, (_, at) => aReading({ chargeId: `ch_${10 + at}` }));
  const state = many.reduce(withMoneyBack, aState());
  expect(state.moneyBack).toHaveLength(10);
  expect(state.moneyBack.at(-1)?.chargeId).toBe('ch_24');
});

test('no period changes: what was billed was billed', () => {
  const state = aState();
  expect(withMoneyBack(state, aReading()).periods).toBe(state.periods);
});

test('an operator reads what came back of a charge', () => {
  const details = billingDetails(withMoneyBack(aState(), aReading({ disputes: lost })));
  expect(details).toContain('Charge `ch_1`: 500 cents refunded, dispute `dp_1` lost.');
});
