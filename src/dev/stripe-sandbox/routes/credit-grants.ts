/** Credit grants: what a customer may use before metered usage is charged. */
import { endCredits, grantCredits, nowOf, transactionsOf } from '../billing/credits';
import { change } from '../events';
import { newId } from '../identifiers';
import type { CreditGrant } from '../objects-credit';
import { invalid } from '../protocol/fault';
import { pageOf } from '../protocol/listing';
import { named, namedCustomer, stored } from '../protocol/lookup';
import * as p from '../protocol/params';
import { present } from '../presentation';
import { route } from '../protocol/router';
import { customerNow } from '../world';
import type { World } from '../world';

const URL = '/v1/billing/credit_grants';
const DEFAULT_PRIORITY = 50;
const LOWEST_PRIORITY = 100;

const AMOUNT = p.object(
  {
    type: p.oneOf('monetary'),
    monetary: p.object({ currency: p.filled, value: p.integer }, ['currency', 'value']),
  },
  ['type', 'monetary'],
);
export const SCOPE = {
  price_type: p.oneOf('metered'),
  prices: p.listOf(p.object({ id: p.filled }, ['id'])),
};
type Scope = p.Parsed<typeof SCOPE>;

export const CREDIT_GRANT_ROUTES = [
  route(
    `POST ${URL}`,
    {
      amount: AMOUNT,
      applicability_config: p.object({ scope: p.object(SCOPE) }, ['scope']),
      category: p.oneOf('paid', 'promotional'),
      customer: p.filled,
      effective_at: p.positive,
      expires_at: p.positive,
      metadata: p.metadata,
      name: p.filled,
      priority: p.positive,
    },
    ({ world, params }) => {
      const customer = namedCustomer(world, params.customer);
      const now = customerNow(world, customer);
      const { value = 0, currency = '' } = params.amount?.monetary ?? {};
      const grant: CreditGrant = {
        id: newId('credgr'),
        object: 'billing.credit_grant',
        amount: { type: 'monetary', monetary: { currency, value } },
        applicability_config: {
          scope: checkedScope(world, params.applicability_config?.scope ?? {}, SCOPE_PARAM),
        },
        category: params.category ?? 'paid',
        created: now,
        customer: customer.id,
        customer_account: null,
        effective_at: params.effective_at ?? now,
        expires_at: params.expires_at ?? null,
        livemode: false,
        metadata: p.mergeMetadata({}, params.metadata),
        name: params.name ?? null,
        priority: params.priority ?? DEFAULT_PRIORITY,
        test_clock: customer.test_clock,
        updated: now,
        voided_at: null,
      };
      assertTerms(grant, now);
      grantCredits(world, grant);
      return present(world, grant);
    },
    ['amount', 'applicability_config', 'category', 'customer'],
  ),
  route(`GET ${URL}`, { ...p.PAGE, customer: p.filled }, ({ world, params }) => {
    const { customer } = params;
    return pageOf(world, 'billing.credit_grant', { customer }, { url: URL, params });
  }),
  route(`GET ${URL}/:id`, {}, ({ world, path }) =>
    present(world, stored(world, 'billing.credit_grant', path.id)),
  ),
  route(
    `POST ${URL}/:id`,
    { expires_at: p.unsettable(p.positive), metadata: p.metadata },
    ({ world, params, path }) => {
      const grant = openGrant(world, path.id);
      const expiresAt = params.expires_at === undefined ? grant.expires_at : params.expires_at;
      assertExpiry(grant.effective_at, expiresAt, nowOf(world, grant));
      const metadata = p.mergeMetadata(grant.metadata, params.metadata);
      return updated(world, grant, { expires_at: expiresAt, metadata });
    },
  ),
  route(`POST ${URL}/:id/expire`, {}, ({ world, path }) => {
    const grant = openGrant(world, path.id);
    endCredits(world, grant, 'credits_expired');
    return updated(world, grant, { expires_at: nowOf(world, grant) });
  }),
  route(`POST ${URL}/:id/void`, {}, ({ world, path }) => {
    const grant = openGrant(world, path.id);
    const isUsed = transactionsOf(world, grant).some(({ debit }) => debit?.credits_applied);
    if (isUsed) {
      throw invalid(
        `The credit grant ${grant.id} has been applied to an invoice, so it can't be voided: ` +
          'expire it, or void the invoice first.',
      );
    }
    endCredits(world, grant, 'credits_voided');
    return updated(world, grant, { voided_at: nowOf(world, grant) });
  }),
];

const SCOPE_PARAM = 'applicability_config[scope]';

/** A grant names exactly one of both, and prices that have a meter. */
export function checkedScope(
  world: World,
  scope: Scope,
  param: string,
): CreditGrant['applicability_config']['scope'] {
  const { price_type: priceType, prices } = scope;
  if ((priceType === undefined) === (prices === undefined)) {
    throw invalid('You must pass exactly one of `price_type` and `prices`.', { param });
  }
  if (priceType !== undefined) return { price_type: priceType };
  return {
    prices: (prices ?? []).map(({ id }, index) => {
      const name = `${param}[prices][${index}][id]`;
      const price = named(world, 'price', id, name);
      if (price.recurring?.meter) return { id: price.id };
      throw invalid(`The price ${price.id} has no meter: credits pay for metered prices only.`, {
        param: name,
      });
    }),
  };
}

function openGrant(world: World, id: string | undefined): CreditGrant {
  const grant = stored(world, 'billing.credit_grant', id);
  if (grant.voided_at !== null) throw invalid(`The credit grant ${grant.id} was voided.`);
  if (grant.expires_at !== null && grant.expires_at <= nowOf(world, grant))
    throw invalid(`The credit grant ${grant.id} expired at ${grant.expires_at}.`);
  return grant;
}

function updated(world: World, grant: CreditGrant, update: Partial<CreditGrant>): unknown {
  const withTime = { ...update, updated: nowOf(world, grant) };
  change(world, 'billing.credit_grant', grant, withTime, 'billing.credit_grant.updated');
  return present(world, grant);
}

function assertTerms(grant: CreditGrant, now: number): void {
  const { value } = grant.amount.monetary;
  if (value <= 0) {
    throw invalid(`The amount of a credit grant is a positive integer, got ${value}.`, {
      param: 'amount[monetary][value]',
    });
  }
  if (grant.priority > LOWEST_PRIORITY) {
    throw invalid(`priority is 0 (first) to ${LOWEST_PRIORITY}, got ${grant.priority}.`, {
      param: 'priority',
    });
  }
  assertExpiry(grant.effective_at, grant.expires_at, now);
}

function assertExpiry(effectiveAt: number, expiresAt: number | null, now: number): void {
  if (expiresAt === null || expiresAt > Math.max(effectiveAt, now)) return;
  throw invalid(
    `expires_at (${expiresAt}) must be later than effective_at (${effectiveAt}) and now (${now}).`,
    { param: 'expires_at' },
  );
}
