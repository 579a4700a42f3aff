/** All routes of the Stripe API that the sandbox has. */
import type { Route } from '../protocol/router';
import { ACCOUNT_LINK_ROUTES } from './account-links';
import { ACCOUNT_ROUTES } from './accounts';
import { APPLICATION_FEE_ROUTES } from './application-fees';
import { BALANCE_ROUTES } from './balance';
import { BILLING_PORTAL_ROUTES } from './billing-portal';
import { CHARGE_ROUTES } from './charges';
import { DISPUTE_ROUTES } from './disputes';
import { PAYMENT_INTENT_ROUTES } from './payment-intents';
import { PROMOTION_CODE_ROUTES } from './promotion-codes';
import { REFUND_ROUTES } from './refunds';
import { SETUP_INTENT_ROUTES } from './setup-intents';
import { TRANSFER_ROUTES } from './transfers';
import { PAYOUT_ROUTES, TOPUP_ROUTES } from './payouts';
import { CHECKOUT_SESSION_ROUTES } from './checkout-sessions';
import { COUPON_ROUTES } from './coupons';
import { CREDIT_GRANT_ROUTES } from './credit-grants';
import { CREDIT_BALANCE_ROUTES } from './credit-balance';
import { CUSTOMER_BALANCE_ROUTES } from './customer-balance';
import { CUSTOMER_ROUTES } from './customers';
import { EVENT_DESTINATION_ROUTES } from './event-destinations';
import { EVENT_ROUTES } from './events';
import { INVOICE_ITEM_ROUTES } from './invoice-items';
import { INVOICE_PREVIEW_ROUTES } from './invoice-preview';
import { INVOICE_ROUTES } from './invoices';
import { METER_EVENT_ADJUSTMENT_ROUTES } from './meter-event-adjustments';
import { METER_EVENT_ROUTES } from './meter-events';
import { METER_EVENT_STREAM_ROUTES } from './meter-event-stream';
import { METER_ROUTES } from './meters';
import { PAYMENT_METHOD_ROUTES } from './payment-methods';
import { PAYMENT_ROUTES } from './payments';
import { PRICE_ROUTES } from './prices';
import { PRODUCT_ROUTES } from './products';
import { SUBSCRIPTION_ITEM_ROUTES } from './subscription-items';
import { SUBSCRIPTION_ROUTES } from './subscriptions';
import { TEST_CLOCK_ROUTES } from './test-clocks';
import { WEBHOOK_ENDPOINT_ROUTES } from './webhook-endpoints';

export const ROUTES: readonly Route[] = [
  ...ACCOUNT_LINK_ROUTES,
  ...ACCOUNT_ROUTES,
  ...APPLICATION_FEE_ROUTES,
  ...BALANCE_ROUTES,
  ...BILLING_PORTAL_ROUTES,
  ...CHARGE_ROUTES,
  ...CHECKOUT_SESSION_ROUTES,
  ...DISPUTE_ROUTES,
  ...PAYMENT_INTENT_ROUTES,
  ...REFUND_ROUTES,
  ...SETUP_INTENT_ROUTES,
  ...TRANSFER_ROUTES,
  ...PAYOUT_ROUTES,
  ...TOPUP_ROUTES,
  ...COUPON_ROUTES,
  ...CREDIT_BALANCE_ROUTES,
  ...CREDIT_GRANT_ROUTES,
  ...CUSTOMER_BALANCE_ROUTES,
  ...CUSTOMER_ROUTES,
  ...EVENT_DESTINATION_ROUTES,
  ...EVENT_ROUTES,
  ...INVOICE_ITEM_ROUTES,
  ...INVOICE_PREVIEW_ROUTES,
  ...INVOICE_ROUTES,
  ...METER_EVENT_ADJUSTMENT_ROUTES,
  ...METER_EVENT_ROUTES,
  ...METER_EVENT_STREAM_ROUTES,
  ...METER_ROUTES,
  ...PAYMENT_METHOD_ROUTES,
  ...PAYMENT_ROUTES,
  ...PRICE_ROUTES,
  ...PRODUCT_ROUTES,
  ...PROMOTION_CODE_ROUTES,
  ...SUBSCRIPTION_ITEM_ROUTES,
  ...SUBSCRIPTION_ROUTES,
  ...TEST_CLOCK_ROUTES,
  ...WEBHOOK_ENDPOINT_ROUTES,
];
