/** What is left of a customer's credits, and every transaction that made it so. */
import { balanceOf, nowOf } from '../billing/credits';
import type { CreditAmount, CreditGrant, CreditTransaction } from '../objects-credit';
import { invalid } from '../protocol/fault';
import { pageOf } from '../protocol/listing';
import { named, namedCustomer, stored } from '../protocol/lookup';
import * as p from '../protocol/params';
import { present } from '../presentation';
import { route } from '../protocol/router';
import type { World } from '../world';
import { checkedScope, SCOPE } from './credit-grants';

const URL = '/v1/billing/credit_balance_transactions';
/** Stripe's description gives this list the address of the grants. */
const LIST_URL = '/v1/billing/credit_grants';

const FILTER = p.object(
  {
    type: p.oneOf('applicability_scope', 'credit_grant'),
    applicability_scope: p.object(SCOPE),
    credit_grant: p.filled,
  },
  ['type'],
);

export const CREDIT_BALANCE_ROUTES = [
  route(
    'GET /v1/billing/credit_balance_summary',
    { customer: p.filled, filter: FILTER },
    ({ world, params }) => {
      const customer = namedCustomer(world, params.customer);
      const grants = asked(world, customer.id, params.filter ?? {});
      return {
        object: 'billing.credit_balance_summary',
        balances: balances(world, grants),
        customer: customer.id,
        customer_account: null,
        livemode: false,
      };
    },
    ['customer', 'filter'],
  ),
  route(
    `GET ${URL}`,
    { ...p.PAGE, credit_grant: p.filled, customer: p.filled },
    ({ world, params }) => {
      const { credit_grant, customer } = params;
      const isAsked = ({ credit_grant: id }: CreditTransaction): boolean =>
        customer === undefined ||
        world.store.get('billing.credit_grant', id)?.customer === customer;
      const order = { url: LIST_URL, params, isAsked };
      return pageOf(world, 'billing.credit_balance_transaction', { credit_grant }, order);
    },
  ),
  route(`GET ${URL}/:id`, {}, ({ world, path }) =>
    present(world, stored(world, 'billing.credit_balance_transaction', path.id)),
  ),
];

function asked(
  world: World,
  customer: string,
  filter: NonNullable<ReturnType<typeof FILTER>>,
): CreditGrant[] {
  if (filter.type === 'credit_grant') {
    const param = 'filter[credit_grant]';
    const grant = named(world, 'billing.credit_grant', filter.credit_grant, param);
    if (grant.customer === customer) return [grant];
    throw invalid(`The credit grant ${grant.id} is not of the customer ${customer}.`, { param });
  }
  const param = 'filter[applicability_scope]';
  const scope = checkedScope(world, filter.applicability_scope ?? {}, param);
  const scopeText = JSON.stringify(scope);
  return world.store
    .where('billing.credit_grant', 'customer', customer)
    .filter((grant) => JSON.stringify(grant.applicability_config.scope) === scopeText);
}

/** One a currency. The ledger has what is granted; available is what can be used now. */
function balances(world: World, grants: readonly CreditGrant[]): unknown[] {
  const byCurrency = new Map<string, { ledger: number; available: number }>();
  for (const grant of grants) {
    const { currency } = grant.amount.monetary;
    const sum = byCurrency.get(currency) ?? { ledger: 0, available: 0 };
    const remainder = balanceOf(world, grant);
    sum.ledger += remainder;
    if (grant.effective_at <= nowOf(world, grant)) sum.available += remainder;
    byCurrency.set(currency, sum);
  }
  return [...byCurrency].map(([currency, { ledger, available }]) => ({
    available_balance: monetary(currency, available),
    ledger_balance: monetary(currency, ledger),
  }));
}

function monetary(currency: string, value: number): CreditAmount {
  return { type: 'monetary', monetary: { currency, value } };
}
