/** What an operator may decide of money: what the bank, the cardholder, Stripe's reviewers do. */
import { authenticate } from '../billing/intents';
import { completeOnboarding, hasBank, reassess } from '../connect/accounts';
import { addBank } from '../connect/describing';
import { closeDispute, disputeOf, isOpen, openDispute } from '../money/disputes';
import { arrive, failPayout, FAILURE_CODES, isUnderway } from '../money/payouts';
import { authenticateSetup } from '../billing/setups';
import { change } from '../events';
import type { Account, AccountOrder } from '../objects-connect';
import { present } from '../presentation';
import type { Kind, Kinds } from '../store';
import type { World } from '../world';
import { aFlag, aText, checkOrder, oneOfThese, orElse } from './order';
import type { OrderCheck } from './order';
import { controlRoute, refuseOrder } from './route';

/** A list that may be empty: nothing is due. */
const someTexts: OrderCheck<string[]> = (value, name) => {
  if (Array.isArray(value)) return value.map((item) => aText(item, name));
  throw refuseOrder(`${name} is ${JSON.stringify(value)}: expected a list of texts.`, name);
};
const nothing: OrderCheck<null> = (value, name) => {
  if (value === null) return null;
  throw refuseOrder(`${name} is ${JSON.stringify(value)}: expected a text or null.`, name);
};
const REASONS = oneOfThese(
  'credit_not_processed',
  'duplicate',
  'fraudulent',
  'general',
  'inquiry',
  'product_not_received',
  'product_unacceptable',
  'subscription_canceled',
  'unrecognized',
);

function ordered<K extends Kind>(world: World, kind: K, id: string | undefined): Kinds[K] {
  const object = world.store.get(kind, id ?? '');
  if (object) return object;
  throw refuseOrder(`This order needs an existing ${kind}, got ${String(id)}.`, kind);
}

export const MONEY_CONTROLS = [
  controlRoute('POST /_sandbox/authenticate', ({ world }, order) => {
    const checks = {
      outcome: oneOfThese('fail', 'succeed'),
      payment_intent: aText,
      setup_intent: aText,
    };
    const decision = checkOrder(order, checks, ['outcome']);
    const outcome = decision.outcome ?? 'succeed';
    if (decision.setup_intent !== undefined) {
      const setup = ordered(world, 'setup_intent', decision.setup_intent);
      authenticateSetup(world, setup, outcome);
      return present(world, setup);
    }
    const intent = ordered(world, 'payment_intent', decision.payment_intent);
    authenticate(world, intent, outcome);
    return present(world, intent);
  }),
  controlRoute('GET /_sandbox/authenticate', ({ world }, order) => {
    const { payment_intent: id } = checkOrder(order, { payment_intent: aText });
    const { status } = ordered(world, 'payment_intent', id);
    const answer = `POST /_sandbox/authenticate {"payment_intent":"${id}","outcome":"succeed"}`;
    return { payment_intent: id, status, answer };
  }),
  controlRoute('POST /_sandbox/disputes', ({ world }, order) => {
    const terms = checkOrder(order, { charge: aText, reason: REASONS }, ['charge']);
    const charge = ordered(world, 'charge', terms.charge);
    const currentDispute = disputeOf(world, charge.id);
    if (!charge.captured || charge.refunded || charge.owner !== undefined || currentDispute) {
      throw refuseOrder(
        `${charge.id} cannot be disputed: expected a captured card charge of the platform that ` +
          'is neither refunded in full nor disputed already.',
        'charge',
      );
    }
    return present(world, openDispute(world, charge, terms.reason ?? 'fraudulent'));
  }),
  controlRoute('POST /_sandbox/disputes/close', ({ world }, order) => {
    const checks = { dispute: aText, outcome: oneOfThese('lost', 'won') };
    const decision = checkOrder(order, checks, ['dispute', 'outcome']);
    const dispute = ordered(world, 'dispute', decision.dispute);
    if (!isOpen(dispute))
      throw refuseOrder(`${dispute.id} is closed already: it is ${dispute.status}.`, 'dispute');
    closeDispute(world, dispute, decision.outcome ?? 'lost');
    return present(world, dispute);
  }),
  controlRoute('POST /_sandbox/payouts', ({ world }, order) => {
    const checks = {
      failure_code: oneOfThese(...FAILURE_CODES),
      outcome: oneOfThese('failed', 'in_transit', 'paid'),
      payout: aText,
    };
    const decision = checkOrder(order, checks, ['payout', 'outcome']);
    const payout = ordered(world, 'payout', decision.payout);
    const isLate = payout.status === 'paid' && decision.outcome === 'failed';
    if (!isUnderway(payout) && !isLate)
      throw refuseOrder(`${payout.id} is ${payout.status}: nothing can become of it.`, 'payout');
    if (decision.outcome === 'failed')
      failPayout(world, payout, decision.failure_code ?? 'could_not_process');
    else if (decision.outcome === 'paid') arrive(world, payout);
    else change(world, 'payout', payout, { status: 'in_transit' }, 'payout.updated');
    return present(world, payout);
  }),
  controlRoute('POST /_sandbox/accounts', ({ world }, order) => {
    const checks = {
      account: aText,
      currently_due: someTexts,
      disabled_reason: orElse(aText, nothing),
      payouts_enabled: aFlag,
      transfers: oneOfThese('active', 'inactive', 'pending'),
    };
    const { account: id, ...changes } = checkOrder(order, checks, ['account']);
    const account = ordered(world, 'account', id);
    obey(world, account, changes);
    return present(world, account);
  }),
  controlRoute('GET /_sandbox/onboarding', ({ world }, order) => {
    const { account: id } = checkOrder(order, { account: aText }, ['account']);
    const { requirements } = ordered(world, 'account', id);
    const answer = `POST /_sandbox/onboarding {"account":"${id}"} completes it`;
    return { account: id, currently_due: requirements.currently_due, answer };
  }),
  controlRoute('POST /_sandbox/onboarding', ({ world }, order) => {
    const { account: id } = checkOrder(order, { account: aText }, ['account']);
    const account = ordered(world, 'account', id);
    if (!hasBank(world, account)) addBank(world, account, 'btok_us_verified');
    completeOnboarding(world, account);
    return present(world, account);
  }),
];

/** What is ordered holds until something else is; what was not named stays as it was. */
function obey(world: World, account: Account, changes: AccountOrder): void {
  account.ordered = { ...account.ordered, ...changes };
  if (changes.transfers !== undefined) {
    account.requestedAt.transfers ??= account.created;
    if (changes.transfers !== 'active') delete account.capabilities.legacy_payments;
  }
  reassess(world, account, {});
}
