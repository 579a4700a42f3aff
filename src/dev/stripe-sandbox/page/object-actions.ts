/** What can be ordered of one object, beside its JSON. */
import { DECLINES } from './declines';
import type { StripeObject } from '../objects';
import type { World } from '../world';
import { clockActions } from './clocks-view';
import { card, choice, field, order } from './layout';
import { html } from './html';
import type { Html } from './html';

export function actionsOf(world: World, object: StripeObject): Html | null {
  const here = `/_sandbox/view/object?id=${object.id}`;
  switch (object.object) {
    case 'customer':
      return card('Orders', failNextPayment(here, object.id));
    case 'charge':
      return card('Orders', dispute(here, object.id));
    case 'account':
      return card('Orders', requirements(here, object.id));
    case 'event':
    case 'v2.core.event':
      return card('Orders', resend(here, object.id));
    case 'test_helpers.test_clock':
      return card('Orders', clockActions(world, object.id, here));
    default:
      return null;
  }
}

function hiddenOr(name: string, label: string, value: string | null, example: string): Html {
  if (value !== null) return html`<input type="hidden" name="${name}" value="${value}" />`;
  return field(name, label, { placeholder: example, required: '' });
}

export function failNextPayment(then: string, customer: string | null): Html {
  return order(
    '/_sandbox/fail-next-payment',
    then,
    html`${hiddenOr('customer', 'Customer', customer, 'cus_…')}
    ${choice('code', 'Its next payment fails with', DECLINES)}`,
    'Fail the next payment',
  );
}

export function dispute(then: string, charge: string | null): Html {
  return order(
    '/_sandbox/disputes',
    then,
    html`${hiddenOr('charge', 'Charge', charge, 'ch_…')}
    ${choice('reason', 'The cardholder says', [
      'fraudulent',
      'duplicate',
      'product_not_received',
      'product_unacceptable',
      'subscription_canceled',
      'unrecognized',
      'credit_not_processed',
      'general',
    ])}`,
    'Open a dispute',
  );
}

export function requirements(then: string, account: string | null): Html {
  return order(
    '/_sandbox/accounts',
    then,
    html`${hiddenOr('account', 'Account', account, 'acct_…')}
      ${field('currently_due', 'Currently due, separated by commas', {
        placeholder: 'individual.verification.document',
      })}
      <div class="pair">
        ${choice('transfers', 'Transfers', ['active', 'pending', 'inactive'])}
        ${choice('payouts_enabled', 'Payouts', [
          ['true', 'enabled'],
          ['false', 'not enabled'],
        ])}
      </div>`,
    'Change the account',
  );
}

export function resend(then: string, event: string): Html {
  const hidden = html`<input type="hidden" name="event" value="${event}" />`;
  return order('/_sandbox/deliveries/resend', then, hidden, 'Send again', { layout: 'row' });
}
