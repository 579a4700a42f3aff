/** What a customer is told of a refusal: in their words, and nothing of what is inside. */
import { DomainError } from '../../../src/core/errors';
import type { ErrorCode } from '../../../src/core/errors';
import { inCustomersWords } from '../../../src/api/self-service/refusal-words';

const INSIDE = 'price_1 of cus_1: Idempotency-Key, exceptions resolve, PUT /v1/customers/ada';

test.each<[ErrorCode, RegExp]>([
  ['card_declined', /declined.*Nothing was changed.*another card/],
  ['payment_requires_action', /bank wants you to confirm.*Put your card in again/],
  ['customer_not_payable', /no card yet/],
  ['price_changed', /price has changed.*Look at it again/],
  ['price_not_settled', /bill is being looked at/],
  ['billing_unavailable', /a period is being closed.*done once/],
  ['usage_not_reported', /still being counted/],
  ['forbidden', /does not let you do that/],
  ['invariant_broken', /went wrong on our side/],
  ['catalog_invalid', /went wrong on our side/],
])('%s: the customer is told what it means, and what to do', (code, words) => {
  const { message, detail } = inCustomersWords(new DomainError(code, INSIDE, { price: 'price_1' }));
  expect(message).toMatch(words);
  expect(message).not.toMatch(/_1|Idempotency|v1|exceptions/);
  expect(detail).toBeUndefined();
});

test('of an error that nobody expected nothing is told', () => {
  const { code, message } = inCustomersWords(new TypeError('customer.card is undefined'));
  expect(code).toBe('internal_error');
  expect(message).not.toContain('undefined');
});

test.each([
  ['is compressed in a way of its own', 415, 'unsupported_media_type'],
  ['is too large', 413, 'payload_too_large'],
  ['is no JSON', 400, 'invalid_request'],
])('a body that %s is the page’s fault, and not ours', (_, status, code) => {
  const refused = inCustomersWords(Object.assign(new Error('Unexpected token'), { status }));
  expect(refused.code).toBe(code);
  expect(refused.message).toMatch(/asked for something that it may not. Nothing was changed/);
});
