/** Checkout's hosted page: what is bought, the form for the card, the bank's question, the end. */
import type { CheckoutSession } from '../objects-checkout';
import { offText } from '../discounts/words';
import { couponOf } from '../checkout/session-discount';
import { isMetered, pricedLines, trialDaysOf } from '../checkout/session-lines';
import type { PricedLine } from '../checkout/session-lines';
import { accountNow } from '../world';
import type { World } from '../world';
import { cardFields } from './card-fields';
import { challengePage } from './challenge';
import { html, money } from './html';
import type { Html } from './html';
import { card, field } from './layout';
import type { PageContent } from './layout';

export const CHECKOUT = '/c/pay/';

export function checkoutPage(world: World, address: string): PageContent | null {
  const [id = '', step] = address.slice(CHECKOUT.length).split('/');
  const session = world.store.get('checkout.session', id);
  if (!session) return null;
  if (session.status === 'complete') return donePage(session);
  if (session.status === 'expired' || session.expires_at <= accountNow(world)) return EXPIRED;
  if (step === 'challenge' && session.waitingCard)
    return challengePage(`${CHECKOUT}${session.id}/answer`);
  return formPage(world, session);
}

const EXPIRED: PageContent = {
  title: 'Session expired',
  place: null,
  body: html`<h1>This session has expired</h1>
    <p class="lead">Go back to where you came from, and begin again.</p>`,
};

/** The address may have a place for the session's id. */
export const successAddress = ({ id, success_url: url }: CheckoutSession): string =>
  url.replaceAll('{CHECKOUT_SESSION_ID}', id).replaceAll('%7BCHECKOUT_SESSION_ID%7D', id);

function donePage(session: CheckoutSession): PageContent {
  const address = successAddress(session);
  return {
    title: 'Thank you',
    place: null,
    goTo: address,
    body: html`<h1>Thank you</h1>
      <p class="lead">${session.mode === 'setup' ? 'Your card is saved.' : 'It is done.'}</p>
      <p><a href="${address}">Go on</a></p>`,
  };
}

function formPage(world: World, session: CheckoutSession): PageContent {
  const isSetup = session.mode === 'setup';
  return {
    title: 'Checkout',
    place: null,
    body: html`<div class="spread">
        <h1>${isSetup ? 'Save a card' : 'Checkout'}</h1>
        ${session.cancel_url !== null && html`<a href="${session.cancel_url}">← Back</a>`}
      </div>
      <p class="lead">A stand-in for Stripe: it takes test cards only.</p>
      ${!isSetup && card('What you get', summary(world, session))}
      ${card('Pay by card', cardForm(world, session))}`,
  };
}

function summary(world: World, session: CheckoutSession): Html {
  const lines = pricedLines(world, session);
  const days = trialDaysOf(session);
  const currency = session.currency ?? 'usd';
  return html`${lines.map(
      (line) => html`<p class="spread"><span>${line.name}</span> <span>${costOf(line)}</span></p>`,
    )}
    ${days > 0 && html`<p>The first ${days} days are free.</p>`} ${promotion(world, session)}
    <p class="spread">
      <strong>Due today</strong>
      <strong id="due">${money(session.amount_total ?? 0, currency)}</strong>
    </p>`;
}

/** Where a code is entered, or the one that was, with what it takes. */
function promotion(world: World, session: CheckoutSession): Html | null {
  const { currency, total_details: details } = session;
  const applied = couponOf(world, session);
  const action = `${CHECKOUT}${session.id}/promotion`;
  if (applied) {
    const { coupon, code } = applied;
    const off = money(-(details?.amount_discount ?? 0), currency ?? 'usd');
    return html`<div class="spread">
        <span>${code?.code ?? coupon.name ?? coupon.id}: ${offText(coupon)}</span>
        <span id="off">${off}</span>
      </div>
      ${
        session.allow_promotion_codes &&
        html`<form method="post" action="${action}">
          <div class="row"><button class="small">Remove the code</button></div>
        </form>`
      }`;
  }
  if (!session.allow_promotion_codes) return null;
  const input = field('code', 'Promotion code', { required: '', autocomplete: 'off' });
  return html`<form method="post" action="${action}">
    <div class="row">
      ${input}
      <div><button>Apply</button></div>
    </div>
  </form>`;
}

function costOf({ line, price }: PricedLine): string {
  if (isMetered(price)) return 'by usage';
  const amount = (price.unit_amount ?? 0) * (line.quantity ?? 1);
  return `${money(amount, price.currency)} a ${price.recurring?.interval ?? ''}`;
}

function cardForm(world: World, session: CheckoutSession): Html {
  const customer = world.store.get('customer', session.customer ?? '');
  const email = customer?.email ?? session.customer_email;
  const emailField = field('email', 'E-mail', {
    ...{ type: 'email', required: '', autocomplete: 'email' },
    ...(email !== null && { value: email, readonly: '' }),
  });
  return html`<form method="post" action="${CHECKOUT}${session.id}/pay">
    <div class="fields">
      ${emailField} ${cardFields()}
      <div><button class="main">${buttonText(session)}</button></div>
    </div>
  </form>`;
}

function buttonText(session: CheckoutSession): string {
  if (session.mode === 'setup') return 'Save card';
  return trialDaysOf(session) > 0 ? 'Start trial' : 'Subscribe';
}
