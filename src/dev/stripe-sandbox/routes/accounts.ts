/** Connected accounts: made, described, asked for their capabilities, deleted. */
import { capabilityOf, reassess } from '../connect/accounts';
import { describeAccount, DESCRIPTION, request } from '../connect/describing';
import { emit } from '../events';
import type { Account, Controller } from '../objects-connect';
import { invalid, missing } from '../protocol/fault';
import { page } from '../protocol/listing';
import { stored } from '../protocol/lookup';
import * as p from '../protocol/params';
import { present } from '../presentation';
import { accountRoute, route } from '../protocol/router';
import { newAccount } from '../shapes/account';
import { balancesOf } from '../money/ledger';
import { accountNow } from '../world';
import type { World } from '../world';
import { listOf } from '../presentation-parts';

const URL = '/v1/accounts';
const CONTROLLER = p.object({
  fees: p.object({ payer: p.oneOf('account', 'application') }),
  losses: p.object({ payments: p.oneOf('application', 'stripe') }),
  requirement_collection: p.oneOf('application', 'stripe'),
  stripe_dashboard: p.object({ type: p.oneOf('express', 'full', 'none') }),
});

export const ACCOUNT_ROUTES = [
  route(
    `POST ${URL}`,
    {
      ...DESCRIPTION,
      controller: CONTROLLER,
      country: p.filled,
      type: p.oneOf('custom', 'express', 'standard'),
    },
    ({ world, params }) => {
      const { controller, type, country = 'US' } = params;
      if (controller && type)
        throw invalid('Pass controller or type, not both.', { param: 'controller' });
      if (country !== 'US')
        throw invalid(
          `The sandbox knows the requirements of US accounts only, not of ${country}.`,
          {
            param: 'country',
          },
        );
      const account = newAccount({
        ...(controller ? byController(controller) : byType(type ?? 'standard')),
        country,
        now: accountNow(world),
      });
      describeAccount(world, account, params);
      if (type === 'standard' || (!type && !controller)) beStandard(account);
      reassess(world, account);
      return present(world, account);
    },
  ),
  route(`GET ${URL}`, p.PAGE, ({ world, params }) => {
    const accounts = world.store.all('account').filter((one) => !one.deleted);
    return page(URL, accounts, params, (one) => present(world, one));
  }),
  accountRoute('GET /v1/account', {}, ({ world, account }) => {
    if (account !== undefined) return present(world, living(world, account));
    throw invalid("The sandbox's platform has no account object: name one by Stripe-Account.");
  }),
  accountRoute(`GET ${URL}/:id`, {}, ({ world, path }) => present(world, living(world, path.id))),
  route(`POST ${URL}/:id`, DESCRIPTION, ({ world, params, path }) => {
    const account = living(world, path.id);
    const earlierState = structuredClone(account);
    describeAccount(world, account, params);
    const previousValues: Record<string, unknown> = {};
    for (const field of ['business_profile', 'business_type', 'email', 'metadata', 'individual'])
      if (JSON.stringify(account[field]) !== JSON.stringify(earlierState[field]))
        previousValues[field] = earlierState[field] ?? null;
    reassess(world, account, previousValues);
    return present(world, account);
  }),
  route(`DELETE ${URL}/:id`, {}, ({ world, path }) => {
    const account = living(world, path.id);
    const balances = balancesOf(world, account.id).filter((one) => one.available || one.pending);
    if (balances.length > 0) {
      throw invalid(
        `Account ${account.id} cannot be deleted while its balance is not zero: ` +
          balances.map((one) => `${one.available + one.pending} ${one.currency}`).join(', ') +
          '.',
      );
    }
    account.deleted = true;
    world.store.put('account', account);
    const application = { id: 'ca_sandbox', object: 'application', name: 'The sandbox' };
    const type = 'account.application.deauthorized';
    emit(world, type, { ...application, created: account.created, owner: account.id });
    return { id: account.id, object: 'account', deleted: true };
  }),
  route(`GET ${URL}/:id/capabilities`, {}, ({ world, path }) => {
    const account = living(world, path.id);
    const capabilities = Object.keys(account.capabilities).map((name) =>
      capabilityOf(account, name),
    );
    return listOf(`${URL}/${account.id}/capabilities`, capabilities);
  }),
  route(`GET ${URL}/:id/capabilities/:name`, {}, ({ world, path }) => {
    const account = living(world, path.id);
    return capabilityOf(account, knownCapability(path.name));
  }),
  route(`POST ${URL}/:id/capabilities/:name`, { requested: p.bool }, ({ world, params, path }) => {
    const account = living(world, path.id);
    const name = knownCapability(path.name);
    if (params.requested !== undefined) request(world, account, name, params.requested);
    reassess(world, account, {});
    return capabilityOf(account, name);
  }),
];

export function living(world: World, id: string | undefined): Account {
  const account = stored(world, 'account', id);
  if (account.deleted) throw missing('account', account.id);
  return account;
}

function knownCapability(name: string | undefined): string {
  if (name === 'transfers' || name === 'card_payments' || name === 'legacy_payments') return name;
  throw missing('capability', name ?? '');
}

interface Kindred {
  type: Account['type'];
  controller: Controller;
}

function byType(type: 'custom' | 'express' | 'standard'): Kindred {
  if (type === 'standard') return { type, controller: { type: 'account' } };
  const isCustom = type === 'custom';
  return {
    type,
    controller: {
      type: 'application',
      fees: { payer: isCustom ? 'application_custom' : 'application_express' },
      is_controller: true,
      losses: { payments: 'application' },
      requirement_collection: isCustom ? 'application' : 'stripe',
      stripe_dashboard: { type: isCustom ? 'none' : 'express' },
    },
  };
}

function byController(controller: ReturnType<typeof CONTROLLER>): Kindred {
  return {
    type: 'none',
    controller: {
      type: 'application',
      fees: { payer: controller.fees?.payer ?? 'account' },
      is_controller: true,
      losses: { payments: controller.losses?.payments ?? 'stripe' },
      requirement_collection: controller.requirement_collection ?? 'stripe',
      stripe_dashboard: { type: controller.stripe_dashboard?.type ?? 'full' },
    },
  };
}

/** A standard account takes transfers before it is onboarded, as those of Stripe's test mode do. */
function beStandard(account: Account): void {
  account.capabilities.legacy_payments = 'active';
}
