/** What can be ordered of one object, beside its JSON. */
import { DECLINES } from './declines';
import type { StripeObject } from '../objects';
import type { World } from '../world';
import { clockActions } from './clocks-view';
import { card, choice, field, order } from './layout';
import { html } from './html';
import type { Html } from './html';

export function actionsOf(world: World, object: StripeObject): Html | null {
  const address = `/_sandbox/view/object?id=${object.id}`;
  switch (object.object) {
    case 'customer':
      return card('Orders', failNextPayment(address, object.id));
    case 'charge':
      return card('Orders', dispute(address, object.id));
    case 'account':
      return card('Orders', requirements(address, object.id));
    case 'event':
    case 'v2.core.event':
      return card('Orders', resend(address, object.id));
    case 'test_helpers.test_clock':
      return card('Orders', clockActions(world, object.id, address));
    default:
      return null;
  }
}

function hiddenOr(name: string, label: string, value: string | null, example: string): Html {
  if (value !== null) return html`<input type="hidden" name="${name}" value="${value}" />`;
  return field(name, label, { placeholder: example, required: '' });
}

export function failNextPayment(returnPath: string, customer: string | null): Html {
  return order(
    '/_sandbox/fail-next-payment',
    returnPath,
    html`${hiddenOr('customer', 'Customer', customer, 'cus_…')}
    ${choice('code', 'Its next payment fails with', DECLINES)}`,
    'Fail the next payment',
  );
}

export function dispute(returnPath: string, charge: string | null): Html {
  return order(
    '/_sandbox/disputes',
    returnPath,
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

export function requirements(returnPath: string, account: string | null): Html {
  return order(
    '/_sandbox/accounts',
    returnPath,
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

export function resend(returnPath: string, event: string): Html {
  const hiddenField = html`<input type="hidden" name="event" value="${event}" />`;
  return order('/_sandbox/deliveries/resend', returnPath, hiddenField, 'Send again', {
    layout: 'row',
  });
}
