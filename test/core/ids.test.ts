/** Goal: the same fact always has the same key, and no two facts have one: these stand for ever. */
import * as ids from '../../src/core/ids';
import { canonicalJson } from '../../src/core/canonical-json';

const threshold = { customer: 'ada', periodStart: 7, percent: 80 };
const report = { subscriptionId: 'sub_1', periodStart: 7, rateId: 'standard', reportNumber: 3 };
const settlement = { subscriptionId: 'sub_1', periodStart: 7, rateId: 'standard', number: 2 };
const movement = {
  vendor: 'acme',
  chargeId: 'ch_1',
  kind: 'transfer' as const,
  number: 1,
  refusals: 0,
};
const rollout = { planId: 'starter', version: 'v2', startedAt: 7 };
const moneyBack = { chargeId: 'ch_1', refundedCents: 5, disputedCents: 6 };

test.each<[string, () => string]>([
  ['billing:ada', () => ids.billingWorkflowId('ada')],
  ['import:sub_1', () => ids.importWorkflowId('sub_1')],
  ['import:sub_1:price', () => ids.importKey('sub_1', 'price')],
  ['https://a%20b%25 x 1', () => ids.cloudEventUsageId('https://a b%', 'x 1')],
  ['signalled:s:2', () => ids.signalledUsageKey('s', 2)],
  ['sub_1:7:standard:3', () => ids.meterEventIdentifier(report)],
  ['customer:ada:create', () => ids.createCustomerKey('ada')],
  ['customer:ada:payment', () => ids.attachPaymentMethodKey('ada')],
  ['customer:ada:subscription', () => ids.createSubscriptionKey('ada')],
  ['customer:ada:checkout:r', () => ids.createCheckoutKey('ada', 'r')],
  ['checkout:sub_1:pi_1:refund', () => ids.refundCheckoutKey('sub_1', 'pi_1')],
  ['customer:ada:subscription:after:sub_1', () => ids.subscriptionAfterKey('ada', 'sub_1')],
  ['vendor:acme:account:US', () => ids.createAccountKey('acme', 'US')],
  ['vendor:acme', () => ids.vendorAuditSubject('acme')],
  ['vendor:acme:account:7', () => ids.vendorAccountChangeKey('acme', 7)],
  ['payout:in_1', () => ids.payoutWorkflowId('in_1')],
  ['vendor:acme:sale:s', () => ids.createSaleKey('acme', 's')],
  ['vendor:acme:sale:s:confirm:pm_1', () => ids.confirmSaleKey('acme', 's', 'pm_1')],
  ['vendor:acme:sale:s:paid', () => ids.saleAuditKey('acme', 's', 'paid')],
  ['sale:acme:s', () => ids.saleTransferGroup('acme', 's')],
  ['usage-threshold:ada:7:80', () => ids.usageThresholdKey(threshold)],
  ['late:sub_1:7:standard:2', () => ids.lateSettlementKey(settlement)],
  ['sub_1:7', () => ids.uninvoicedSubject('sub_1', 7)],
  [
    'late:sub_1:7:standard:2:in_1',
    () => ids.lateItemKey(ids.lateSettlementKey(settlement), 'in_1'),
  ],
  ['payout:ch_1:acme:transfer:1', () => ids.shareMovementKey(movement)],
  ['payout:ch_1:acme:transfer:1:2', () => ids.shareMovementKey({ ...movement, refusals: 2 })],
  ['dunning:in_1', () => ids.dunningWorkflowId('in_1')],
  ['dunning:in_1:3', () => ids.dunningNoticeKey('in_1', '3')],
  ['subscription:sub_1:r', () => ids.subscriptionChangeKey('sub_1', 'r')],
  ['auto-upgrade:7:pro', () => ids.autoUpgradeRequest(7, 'pro')],
  ['tollkeeper_plan_pro', () => ids.planPriceLookupKey('pro')],
  ['tollkeeper_rate_standard', () => ids.ratePriceLookupKey('standard')],
  ['tollkeeper_standard', () => ids.meterEventName('standard')],
  ['reconciliation:7:in_1', () => ids.reconciliationHintId(7, 'in_1')],
  ['invoice:in_1:hold:7', () => ids.holdInvoiceKey('in_1', 7)],
  ['invoice:in_1:release:7', () => ids.releaseInvoiceKey('in_1', 7)],
  ['vendor:acme:ch_1:share', () => ids.vendorShareKey('acme', 'ch_1')],
  ['vendor:acme:ch_1:due', () => ids.vendorDueKey('acme', 'ch_1')],
  ['vendor:acme:ch_1:money_back:5:6:2', () => ids.vendorMoneyBackKey('acme', moneyBack, 2)],
  [
    'vendor:acme:offset:ch_0:ch_1:2',
    () => ids.vendorOffsetKey('acme', { debtChargeId: 'ch_0', chargeId: 'ch_1', number: 2 }),
  ],
  ['rollout:starter:v2', () => ids.rolloutWorkflowId('starter', 'v2')],
  ['catalog:starter', () => ids.catalogAuditSubject('starter')],
  ['rollout:starter:v2:7:3', () => ids.rolloutEntryKey(rollout, 3)],
  ['rollout:starter:v2:7:moved:ada', () => ids.rolloutMovedKey(rollout, 'ada')],
  ['rollout:starter:v2:7:ada:2', () => ids.rolloutChangeKey(rollout, 'ada', 2)],
])('%s', (expected, key) => {
  expect(key()).toBe(expected);
});

test.each([
  ['sub_1:7:standard:3', 'sub_1'],
  ['sub_1:7:a:b:3', 'sub_1'],
  ['sub_12345:1767225600:standard:10', 'sub_12345'],
  ['x:sub_1:7:standard:3', undefined],
  ['sub_1:7:standard:3:x', undefined],
  ['sub_1:x:standard:3', undefined],
  ['cus_1:7:standard:3', undefined],
  ['sub_:7:standard:3', undefined],
  ['sub_1:7::3', undefined],
  ['sub_1:7:standard:', undefined],
])('the identifier %s names the subscription %s', (identifier, subscription) => {
  expect(ids.subscriptionOfMeterEvent(identifier)).toBe(subscription);
});

test('the rate of a line for late usage is told by its key', () => {
  expect(ids.rateOfLateItem('late:sub_1:7:standard:2:in_1')).toBe('standard');
  expect(ids.rateOfLateItem('x')).toBeUndefined();
});

test.each([
  ['tollkeeper_plan_pro', 'pro', null],
  ['tollkeeper_rate_standard', null, 'standard'],
  ['tollkeeper_plan_', null, null],
  ['tollkeeper_rate_', null, null],
  ['my_tollkeeper_plan_pro', null, null],
  ['my_tollkeeper_rate_x', null, null],
  ['prod_1', null, null],
])('the product %s is of plan %s and rate %s', (product, plan, rate) => {
  expect([ids.planOfProduct(product), ids.rateOfProduct(product)]).toEqual([plan, rate]);
});

test.each<[unknown, string]>([
  [
    { b: 1, a: { d: null, c: [2, { f: 'x', e: true }] } },
    '{"a":{"c":[2,{"e":true,"f":"x"}],"d":null},"b":1}',
  ],
  [{ a: 1, b: 2, c: 3 }, '{"a":1,"b":2,"c":3}'],
  [[], '[]'],
  [{}, '{}'],
  [null, 'null'],
  ['"', '"\\""'],
  [7, '7'],
])('%j has one text', (value, text) => {
  expect(canonicalJson(value)).toBe(text);
});

test('a customer’s turn is that of the first 64 bytes of its id, as Temporal takes them', () => {
  expect(ids.fairnessKey('ada')).toBe('ada');
  expect(ids.fairnessKey('a'.repeat(200))).toBe('a'.repeat(64));
});
