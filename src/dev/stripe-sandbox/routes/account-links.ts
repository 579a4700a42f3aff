/** Links for onboarding, and an account's bank accounts. */
import { reassess } from '../connect/accounts';
import { addBank, EXTERNAL } from '../connect/describing';
import { emit } from '../events';
import { invalid, missing } from '../protocol/fault';
import { page } from '../protocol/listing';
import { named } from '../protocol/lookup';
import * as p from '../protocol/params';
import { present } from '../presentation';
import { route } from '../protocol/router';
import { accountNow } from '../world';
import type { World } from '../world';
import { living } from './accounts';

const VALID_S = 300;
const BANKS = '/v1/accounts/:id/external_accounts';

export const ACCOUNT_LINK_ROUTES = [
  route(
    'POST /v1/account_links',
    {
      account: p.filled,
      collection_options: p.anything,
      refresh_url: p.filled,
      return_url: p.filled,
      type: p.oneOf('account_onboarding', 'account_update'),
    },
    ({ world, params, origin }) => {
      const account = named(world, 'account', params.account, 'account');
      const now = accountNow(world);
      return {
        object: 'account_link',
        created: now,
        expires_at: now + VALID_S,
        url: `${origin}/_sandbox/onboarding?account=${account.id}`,
      };
    },
    ['account', 'type'],
  ),
  route(
    `POST ${BANKS}`,
    { default_for_currency: p.bool, external_account: EXTERNAL, metadata: p.metadata },
    ({ world, params, path }) => {
      const account = living(world, path.id);
      if (params.external_account === undefined)
        throw invalid('Missing required param: external_account.', {
          code: 'parameter_missing',
          param: 'external_account',
        });
      const bank = addBank(world, account, params.external_account);
      bank.metadata = p.mergeMetadata({}, params.metadata);
      if (params.default_for_currency) beDefault(world, bank);
      emit(world, 'account.external_account.created', bank);
      reassess(world, account, {});
      return present(world, bank);
    },
  ),
  route(
    `GET ${BANKS}`,
    { ...p.PAGE, object: p.oneOf('bank_account') },
    ({ world, params, path }) => {
      const { id } = living(world, path.id);
      const bankAccounts = world.store.where('bank_account', 'owner', id);
      const url = `/v1/accounts/${id}/external_accounts`;
      return page(url, bankAccounts, params, (one) => present(world, one));
    },
  ),
  route(`GET ${BANKS}/:bank`, {}, ({ world, path }) => present(world, bankOf(world, path))),
  route(
    `POST ${BANKS}/:bank`,
    { default_for_currency: p.bool, metadata: p.metadata },
    ({ world, params, path }) => {
      const bank = bankOf(world, path);
      bank.metadata = p.mergeMetadata(bank.metadata, params.metadata);
      if (params.default_for_currency) beDefault(world, bank);
      world.store.put('bank_account', bank);
      emit(world, 'account.external_account.updated', bank);
      return present(world, bank);
    },
  ),
  route(`DELETE ${BANKS}/:bank`, {}, ({ world, path }) => {
    const bank = bankOf(world, path);
    if (bank.default_for_currency) {
      throw invalid('You cannot delete the default external account for your default currency.');
    }
    world.store.remove('bank_account', bank.id);
    emit(world, 'account.external_account.deleted', bank);
    return { id: bank.id, object: 'bank_account', deleted: true };
  }),
];

function bankOf(world: World, path: Record<string, string>) {
  const { id } = living(world, path.id);
  const bank = world.store.get('bank_account', path.bank ?? '');
  if (bank?.owner === id) return bank;
  throw missing('external account', path.bank ?? '');
}

function beDefault(world: World, bank: ReturnType<typeof bankOf>): void {
  for (const one of world.store.where('bank_account', 'owner', bank.owner ?? '')) {
    if (one.currency !== bank.currency) continue;
    one.default_for_currency = one.id === bank.id;
    world.store.put('bank_account', one);
  }
}
