/** The headers that are between an app, its meter and our proxy. No provider gets them. */

/** Names the customer of one call: `{ headers: { [CUSTOMER_HEADER]: 'ada' } }`. Never sent on. */
export const CUSTOMER_HEADER = 'x-tollkeeper-customer';

/**
 * Our proxy says in it under which id it records the call that it answers. A meter in the app takes
 * the same, so that a call which both record is one usage event.
 */
export const CALL_HEADER = 'x-tollkeeper-call';

/** All of ours begin so: no provider gets one, and none of a provider's passes. */
export const HEADER_PREFIX = 'x-tollkeeper-';
