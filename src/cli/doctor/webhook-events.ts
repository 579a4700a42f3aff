/**
 * Which of Stripe's events billing cannot do without, as docs/guides/operate/install.md lists
 * them.
 */

export const WEBHOOK_EVENTS_NEEDED: readonly string[] = [
  'checkout.session.completed',
  'customer.updated',
  'customer.subscription.created',
  'customer.subscription.updated',
  'customer.subscription.deleted',
  'invoice.created',
  'invoice.finalized',
  'invoice.finalization_failed',
  'invoice.paid',
  'invoice.payment_failed',
  'invoice.updated',
  'invoice.voided',
  'invoice.marked_uncollectible',
  'charge.refunded',
  'charge.dispute.created',
];

export const isWebhookEventWanted = (enabledTypes: readonly string[], type: string): boolean =>
  enabledTypes.includes('*') || enabledTypes.includes(type);
