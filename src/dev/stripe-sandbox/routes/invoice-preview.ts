/** The next cycle invoice as it would be now. Nothing is stored and nobody is told. */
import { refreshDraft, sumUp } from '../billing/draft';
import { nextPeriodEnd, currentPeriod } from '../billing/cycle';
import { buildInvoice } from '../billing/invoicing';
import { invalid } from '../protocol/fault';
import { named, namedCustomer } from '../protocol/lookup';
import * as p from '../protocol/params';
import { listOf } from '../presentation';
import { route } from '../protocol/router';

export const INVOICE_PREVIEW_ROUTES = [
  route(
    'POST /v1/invoices/create_preview',
    { customer: p.filled, subscription: p.filled },
    ({ world, params }) => {
      if (params.subscription === undefined) {
        throw invalid('The sandbox previews the next invoice of a subscription: pass one.', {
          param: 'subscription',
        });
      }
      const subscription = named(world, 'subscription', params.subscription, 'subscription');
      if (subscription.ended_at !== null) {
        throw invalid(
          `No upcoming invoices for ${subscription.id}: it is ${subscription.status}.`,
          {
            code: 'invoice_upcoming_none',
            param: 'subscription',
          },
        );
      }
      const customer = namedCustomer(world, subscription.customer);
      const items = world.store.subscriptionItems(subscription.id);
      const period = currentPeriod(items);
      const next = {
        start: period.end,
        end: nextPeriodEnd(world, subscription, items, period.end),
      };
      const lines = {
        base: subscription.cancel_at === null ? next : null,
        usage: period,
      };
      const reason = 'subscription_cycle';
      const invoice = buildInvoice(world, customer, subscription, reason, period, lines);
      invoice.id = `upcoming_${invoice.id}`;
      invoice.billing_reason = 'upcoming';
      invoice.created = period.end;
      invoice.starting_balance = customer.balance;
      refreshDraft(world, invoice);
      sumUp(invoice);
      const { data } = invoice.lines;
      return { ...invoice, lines: listOf(`/v1/invoices/${invoice.id}/lines`, data) };
    },
  ),
];
