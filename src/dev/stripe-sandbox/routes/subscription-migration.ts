/**
 * "Upgrade the billing_mode of an existing subscription": what happens to it from then on is by the
 * rules of flexible billing, and nothing brings it back.
 */
import { change } from '../events';
import { namedCustomer, stored } from '../protocol/lookup';
import { invalid } from '../protocol/fault';
import * as p from '../protocol/params';
import { present } from '../presentation';
import { route } from '../protocol/router';
import { customerNow } from '../world';
import { assertNotEnded } from './subscription-update';

const INCLUDED = { proration_discounts: 'included' } as const;

export const SUBSCRIPTION_MIGRATE = route(
  'POST /v1/subscriptions/:id/migrate',
  {
    billing_mode: p.object(
      {
        type: p.oneOf('flexible'),
        flexible: p.object({ proration_discounts: p.oneOf('included', 'itemized') }),
      },
      ['type'],
    ),
  },
  ({ world, params, path }) => {
    const subscription = stored(world, 'subscription', path.id);
    assertNotEnded(subscription);
    if (subscription.billing_mode.type === 'flexible')
      throw invalid(`${subscription.id} is in billing mode flexible already.`, {
        param: 'billing_mode[type]',
      });
    const flexible = params.billing_mode?.flexible ?? INCLUDED;
    const updated_at = customerNow(world, namedCustomer(world, subscription.customer));
    const billing_mode = { type: 'flexible' as const, flexible, updated_at };
    change(world, 'subscription', subscription, { billing_mode }, 'customer.subscription.updated');
    return present(world, subscription);
  },
  ['billing_mode'],
);
