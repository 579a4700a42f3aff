/** The customer's own page: subscriptions, what is to be paid, the card, and the way back. */
import { addressesOf } from '../hosted-invoice/address';
import { flowPage } from '../portal/flow-pages';
import { offeredPrices } from '../portal/plan-choice';
import { planLines, updatePage } from '../portal/update-page';
import { challengePage } from './challenge';
import type { Invoice, PaymentMethod, Subscription } from '../objects';
import type { World } from '../world';
import { day, html, money } from './html';
import type { Html } from './html';
import { card, field, order, tag } from './layout';
import type { PageContent } from './layout';
import { placeOf, subscriptionsOf, visitOf } from './portal-session';
import type { Visit } from './portal-session';

/** Stripe's test cards that a person would try. */
const CARDS = [
  ['pm_card_visa', 'Visa ···· 4242 (pays)'],
  ['pm_card_mastercard', 'Mastercard ···· 4444 (pays)'],
  ['pm_card_amex', 'American Express ···· 8431 (pays)'],
  ['pm_card_chargeCustomerFail', 'Visa ···· 0341 (is declined when charged)'],
  ['pm_card_chargeDeclined', 'Visa ···· 0002 (is declined at once)'],
] as const;
const INVOICES_SHOWN = 24;

const GONE: PageContent = {
  title: 'Session expired',
  place: null,
  body: html`<h1>This session has expired</h1>
    <p class="lead">Go back to where you came from, and open the portal again.</p>`,
};

export function portalPage(world: World, url: URL): PageContent {
  const { secret, step, address } = placeOf(url.pathname);
  const visit = visitOf(world, secret);
  if (!visit) return GONE;
  if (step === 'challenge' && visit.session.waitingSetup !== null)
    return challengePage(`${address}/answer`);
  const price = url.searchParams.get('price');
  if (visit.session.flow) return flowPage(world, visit, price) ?? homePage(world, visit);
  const subscription = world.store.get('subscription', url.searchParams.get('subscription') ?? '');
  const isTheirs = step === 'update' && subscription?.customer === visit.customer.id;
  return isTheirs ? updatePage(world, visit, subscription, price) : homePage(world, visit);
}

function homePage(world: World, visit: Visit): PageContent {
  const { session, configuration, customer } = visit;
  const { features, business_profile: profile } = configuration;
  const address = `/p/session/${session.secret}`;
  const subscriptions = subscriptionsOf(world, customer);
  return {
    title: 'Billing',
    place: null,
    body: html`<div class="spread">
        <h1>${profile.headline ?? 'Your billing'}</h1>
        ${session.return_url !== null && html`<a href="${session.return_url}">← Return</a>`}
      </div>
      <p class="lead">${customer.name ?? ''} ${customer.email ?? ''}</p>
      ${subscriptions.map((one) => subscriptionCard(world, visit, one, address))}
      ${subscriptions.length === 0 && card('Subscription', html`<p class="empty">None.</p>`)}
      ${card('Payment method', paymentMethod(world, visit, address))}
      ${features.invoice_history.enabled && card('Invoices', invoices(world, visit, address))}
      ${features.customer_update.enabled && card('Your details', details(visit, address))}`,
  };
}

function subscriptionCard(world: World, visit: Visit, one: Subscription, address: string): Html {
  const items = world.store.subscriptionItems(one.id);
  const end = Math.min(...items.map((item) => item.current_period_end));
  const ends = one.cancel_at !== null;
  const { subscription_cancel: cancel } = visit.configuration.features;
  const hiddenField = html`<input type="hidden" name="subscription" value="${one.id}" />`;
  const button = ends
    ? order(`${address}/resume`, address, hiddenField, 'Keep the subscription', { layout: 'row' })
    : order(`${address}/cancel`, address, hiddenField, 'Cancel the subscription', {
        layout: 'row',
        mood: 'danger',
        ask: 'Cancel the subscription?',
      });
  return card(
    'Subscription',
    html`${planLines(world, one)}
      <p class="spread">
        <span>${ends ? 'Ends' : 'Renews'} ${day(ends ? Number(one.cancel_at) : end)}</span
        >${tag(one.status)}
      </p>
      ${
        offeredPrices(world, one, visit.configuration).length > 0 &&
        html`<p><a href="${address}/update?subscription=${one.id}">Change the plan</a></p>`
      }
      ${cancel.enabled && button}`,
  );
}

function paymentMethod(world: World, visit: Visit, address: string): Html {
  const { customer, configuration } = visit;
  const id = customer.invoice_settings.default_payment_method;
  const method = id === null ? undefined : world.store.get('payment_method', id);
  const isOpen = configuration.features.payment_method_update.enabled;
  return html`<p>${method ? cardName(method) : 'None yet.'}</p>
    ${
      isOpen &&
      order(
        `${address}/card`,
        address,
        html`<label
          >Change to<select name="card">
            ${CARDS.map(([value, text]) => html`<option value="${value}">${text}</option>`)}
          </select></label
        >`,
        'Use this card',
        { mood: 'main' },
      )
    }`;
}

function cardName(method: PaymentMethod): string {
  const { brand, last4 } = method.card as { brand: string; last4: string };
  return `${brand.slice(0, 1).toUpperCase()}${brand.slice(1)} ···· ${last4}`;
}

function invoices(world: World, { customer }: Visit, address: string): Html {
  const customerInvoices = world.store
    .where('invoice', 'customer', customer.id)
    .filter((one) => one.status !== 'draft')
    .slice(-INVOICES_SHOWN)
    .reverse();
  if (customerInvoices.length === 0) return html`<p class="empty">None yet.</p>`;
  return html`<div class="wide">
    <table aria-label="Invoices">
      <tbody>
        ${customerInvoices.map((one) => invoiceRow(world, one, address))}
      </tbody>
    </table>
  </div>`;
}

function invoiceRow(world: World, one: Invoice, address: string): Html {
  const payButton = order(
    `${address}/pay`,
    address,
    html`<input type="hidden" name="invoice" value="${one.id}" />`,
    'Pay now',
    { mood: 'small', layout: 'row' },
  );
  const { hosted_invoice_url: page, invoice_pdf: pdf } = addressesOf(world, one);
  return html`<tr>
    <td>${day(one.created)}</td>
    <td><a href="${page}">${one.number ?? one.id}</a> <a href="${pdf}">PDF</a></td>
    <td class="number">${money(one.total, one.currency)}</td>
    <td>${tag(one.status)}</td>
    <td>${one.status === 'open' && payButton}</td>
  </tr>`;
}

const LABELS = { email: 'E-mail', name: 'Name', phone: 'Phone' };

function details({ customer, configuration }: Visit, address: string): Html {
  const { allowed_updates: allowedFields } = configuration.features.customer_update;
  const fields = allowedFields.map((name) => {
    const value = customer[name];
    return field(name, LABELS[name], { value: typeof value === 'string' ? value : '' });
  });
  return order(`${address}/details`, address, html`${fields}`, 'Save');
}
