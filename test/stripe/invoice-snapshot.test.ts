/** Goal: discounts on an invoice make no difference of what its lines come to. */
import { beforeDiscounts } from '../../src/stripe/invoice-snapshot';

const line = (amount: number, discount?: string, off = 0) => ({
  amount,
  discount_amounts: discount === undefined ? [] : [{ discount, amount: off }],
});

test('a discount on the whole invoice is not in its subtotal', () => {
  const lines = [line(2_900, 'di_all', 290), line(15, 'di_all', 2)];
  expect(beforeDiscounts({ subtotal: 2_915, discounts: ['di_all'] }, lines)).toBe(2_915);
});

test('a discount on a single line is, and is put back', () => {
  const lines = [line(2_900, 'di_line', 900), line(15)];
  expect(beforeDiscounts({ subtotal: 2_015, discounts: [] }, lines)).toBe(2_915);
});

test('a proration that names a discount which is over by now is as its line says', () => {
  const lines = [line(-2_432, 'di_over', -243), line(15)];
  expect(beforeDiscounts({ subtotal: -2_417, discounts: [] }, lines)).toBe(-2_417);
});
