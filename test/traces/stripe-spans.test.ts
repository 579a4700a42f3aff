/** Goal: a call's span names what was called, and nobody's id. */
import { templateOf } from '../../src/traces/stripe-spans';

test.each([
  ['/v1/billing/meter_events', '/v1/billing/meter_events'],
  ['/v1/customers/cus_Nff9QWpXyz/balance_transactions', '/v1/customers/{id}/balance_transactions'],
  [
    '/v1/billing/meters/mtr_1a/event_summaries?customer=cus_1',
    '/v1/billing/meters/{id}/event_summaries',
  ],
  ['/v2/core/events/evt_test_65Abc', '/v2/core/events/{id}'],
  ['/v1/subscription_items/si_ABC', '/v1/subscription_items/{id}'],
  ['/v1/customers/search?query=email%3A%27a%40b.c%27', '/v1/customers/search'],
])('%s is %s', (path, template) => {
  expect(templateOf(path)).toBe(template);
});
