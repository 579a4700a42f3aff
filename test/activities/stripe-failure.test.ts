/** A failed Stripe call in a workflow's history: typed, timed, and without anybody's data. */
import { ApplicationFailure } from '@temporalio/common';
import { callingStripe, stripeFailure } from '../../activities/stripe-failure';
import { DomainError } from '../../src/core/errors';
import { refusal, startScriptedStripe } from '../support/stripe/scripted-stripe';
import type { Answer, ScriptedStripe } from '../support/stripe/scripted-stripe';

let scripted: ScriptedStripe;
beforeAll(async () => {
  scripted = await startScriptedStripe();
});
afterAll(() => scripted.close());

describe('a failed call of an activity', () => {
  const calling = (reply: Answer) => {
    scripted.answer = reply;
    return callingStripe(() => scripted.stripe.customers.create({ email: 'jane@example.com' }));
  };

  test('fails with the table’s type, and is not retried where that is pointless', async () => {
    const failure: unknown = await calling(
      refusal(402, 'card_error', { code: 'card_declined', decline_code: 'lost_card' }),
    ).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ApplicationFailure);
    expect(failure).toMatchObject({
      type: 'stripe_card_declined',
      nonRetryable: true,
      message:
        'Stripe: stripe_card_declined ' +
        '(HTTP 402, code card_declined, decline code lost_card, request req_1)',
    });
  });

  test('waits at least as long as told, and not all at the same moment', async () => {
    const reply = refusal(429, 'invalid_request_error', {}, { 'retry-after': '4' });
    const failure: unknown = await calling(reply).catch((error: unknown) => error);
    expect(failure).toMatchObject({ type: 'stripe_rate_limited', nonRetryable: false });
    const { nextRetryDelay } = failure as ApplicationFailure;
    expect(nextRetryDelay).toBeGreaterThanOrEqual(4_000);
    expect(nextRetryDelay).toBeLessThanOrEqual(6_000);
  });

  test('carries no personal data and no headers into the history', async () => {
    const failure: unknown = await calling(
      refusal(400, 'invalid_request_error', { param: 'email' }),
    ).catch((error: unknown) => error);
    const told = JSON.stringify({ ...(failure as object), message: String(failure) });
    expect(told).not.toMatch(/jane|4242|idempotency|sk_test/);
    expect(told).toMatch(/parameter email/);
  });

  test('a broken rule keeps its code, another error stays what it is', () => {
    expect(stripeFailure(new DomainError('catalog_not_pushed', 'Push it.'))).toMatchObject({
      type: 'catalog_not_pushed',
      nonRetryable: false,
    });
    const bug = new TypeError('x');
    expect(stripeFailure(bug)).toBe(bug);
  });
});
