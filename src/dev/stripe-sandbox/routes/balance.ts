/** What an account has, and the movements that made it. */
import type { BalanceTransaction } from '../objects-money';
import { balancesOf } from '../money/ledger';
import { owned } from '../protocol/lookup';
import { pageOf } from '../protocol/listing';
import * as p from '../protocol/params';
import { present } from '../presentation';
import { accountRoute } from '../protocol/router';

export const BALANCE_ROUTES = [
  accountRoute('GET /v1/balance', {}, ({ world, account }) => {
    const balances = balancesOf(world, account);
    const side = (kind: 'available' | 'pending') =>
      balances.map((one) => ({
        amount: one[kind],
        currency: one.currency,
        source_types: { card: one[kind] },
      }));
    return {
      object: 'balance',
      available: side('available'),
      livemode: false,
      pending: side('pending'),
      refund_and_dispute_prefunding: { available: [], pending: [] },
      ...(account === undefined && {
        connect_reserved: balances.map(({ currency }) => ({ amount: 0, currency })),
      }),
    };
  }),
  accountRoute(
    'GET /v1/balance_transactions',
    { ...p.PAGE, currency: p.filled, payout: p.filled, source: p.filled, type: p.filled },
    ({ world, params, account }) => {
      const { currency, payout, source, type } = params;
      // Only automatic payouts have movements of others: those of the sandbox are manual.
      const isAsked = (one: BalanceTransaction): boolean =>
        payout === undefined || one.source === payout;
      const values = { source, owner: account ?? '', currency, type };
      const url = '/v1/balance_transactions';
      return pageOf(world, 'balance_transaction', values, { url, params, isAsked });
    },
  ),
  accountRoute('GET /v1/balance_transactions/:id', {}, ({ world, path, account }) =>
    present(world, owned(world, 'balance_transaction', path.id, account)),
  ),
];
