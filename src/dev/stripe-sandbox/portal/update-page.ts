/** Where a customer chooses another plan, and confirms it, with what is paid and when. */
import { offText } from '../discounts/words';
import type { Invoice, Subscription } from '../objects';
import { day, html, money } from '../page/html';
import type { Html } from '../page/html';
import { card, order } from '../page/layout';
import type { PageContent } from '../page/layout';
import type { Visit } from '../page/portal-session';
import { PORTAL } from '../page/portal-session';
import { StripeFault } from '../protocol/fault';
import { previewInvoice } from '../routes/invoice-preview';
import type { World } from '../world';
import { choiceOf, offeredPrices } from './plan-choice';
import type { PlanChoice } from './plan-choice';
import { chosenOf } from './subscription-change';

/** What a subscription is of, and what each costs. */
export const planLines = (world: World, { id }: Subscription): Html[] =>
  world.store
    .subscriptionItems(id)
    .map(({ price, quantity }) => planLine(world, price, quantity ?? 1));

function planLine(world: World, priceId: string, quantity = 1): Html {
  const price = world.store.get('price', priceId);
  const product = price && world.store.get('product', price.product);
  return html`<div class="spread">
    <span>${String(product?.name ?? priceId)}</span>
    <span>${costOf(world, priceId, quantity)}</span>
  </div>`;
}

function costOf(world: World, priceId: string, quantity = 1): string {
  const price = world.store.get('price', priceId);
  const amount = price?.unit_amount;
  if (typeof amount !== 'number' || !price || price.recurring?.usage_type === 'metered')
    return 'by usage';
  return `${money(amount * quantity, price.currency)} a ${price.recurring?.interval ?? ''}`;
}

export function updatePage(
  world: World,
  visit: Visit,
  subscription: Subscription,
  price: string | null,
): PageContent {
  const isChosen = price !== null || choiceOf(visit.session.flow) !== undefined;
  const address = `${PORTAL}${visit.session.secret}`;
  const body = isChosen
    ? confirmation(world, visit, subscription, price ?? '')
    : html`<h1>Change your plan</h1>
        ${card('Your plan', html`${planLines(world, subscription)}`)}
        ${card('Change to', choices(world, visit, subscription))}`;
  const back = visit.session.flow ? visit.session.return_url : address;
  return {
    title: 'Change your plan',
    place: null,
    body: html`${body} ${back !== null && html`<p><a href="${back}">← Back</a></p>`}`,
  };
}

function choices(world: World, visit: Visit, subscription: Subscription): Html {
  const { secret, flow } = visit.session;
  const prices = offeredPrices(world, subscription, visit.configuration);
  if (prices.length === 0) return html`<p class="empty">No other plan is offered.</p>`;
  return html`<form method="get" action="${PORTAL}${secret}${flow ? '' : '/update'}">
    <div class="fields">
      <input type="hidden" name="subscription" value="${subscription.id}" />
      <label
        >Plan<select name="price">
          ${prices.map((id) => {
            const product = world.store.get('product', world.store.get('price', id)?.product ?? '');
            const text = `${String(product?.name ?? id)}, ${costOf(world, id)}`;
            return html`<option value="${id}">${text}</option>`;
          })}
        </select></label
      >
      <div><button class="main">Continue</button></div>
    </div>
  </form>`;
}

function confirmation(world: World, visit: Visit, subscription: Subscription, price: string): Html {
  const address = `${PORTAL}${visit.session.secret}`;
  try {
    const choice = chosenOf(world, visit, subscription, price);
    const item = world.store.get('subscription_item', choice.id);
    const quantity = choice.quantity ?? item?.quantity ?? 1;
    const newPrice = choice.price ?? item?.price ?? '';
    const fields = html`<input type="hidden" name="subscription" value="${subscription.id}" />
      <input type="hidden" name="price" value="${newPrice}" />`;
    return html`<h1>Confirm your update</h1>
      ${card('From', html`${planLines(world, subscription)}`)}
      ${card('To', html`${planLine(world, newPrice, quantity)} ${discountLines(world, visit)}`)}
      ${card('What you pay', payment(world, visit, subscription, choice))}
      ${order(`${address}/update`, address, fields, 'Confirm', { mood: 'main', layout: 'row' })}`;
  } catch (error) {
    if (!(error instanceof StripeFault)) throw error;
    return html`<h1>This change is not possible</h1>
      <p class="lead">${error.message}</p>`;
  }
}

function discountLines(world: World, { session }: Visit): Html[] {
  const discounts = session.flow?.subscription_update_confirm?.discounts ?? [];
  return discounts.map(({ coupon, promotion_code: code }) => {
    const promotion = world.store.get('promotion_code', code ?? '');
    const couponId = coupon ?? (promotion?.promotion as { coupon?: string } | undefined)?.coupon;
    const used = world.store.get('coupon', couponId ?? '');
    return html`<p class="spread">
      <span>${promotion?.code ?? used?.name ?? couponId}</span>
      <span>${used && offText(used)}</span>
    </p>`;
  });
}

function payment(world: World, visit: Visit, subscription: Subscription, choice: PlanChoice): Html {
  const invoice = previewOf(world, visit, subscription, choice);
  const isNow = isPaidNow(visit, subscription);
  const { data } = invoice.lines;
  return html`${data.map(
      ({ description, amount, currency }) =>
        html`<p class="spread">
          <span>${description}</span> <span>${money(amount, currency)}</span>
        </p>`,
    )}
    <p class="spread">
      <strong>Due ${isNow ? 'today' : day(invoice.created)}</strong>
      <strong id="due">${money(invoice.total, invoice.currency)}</strong>
    </p>
    ${!isNow && html`<p>Nothing is charged today.</p>`}`;
}

const restarts = ({ configuration }: Visit, { status }: Subscription): boolean => {
  const update = configuration.features.subscription_update;
  const endsTrial = status === 'trialing' && update.trial_update_behavior === 'end_trial';
  return update.billing_cycle_anchor === 'now' || endsTrial;
};

const isPaidNow = (visit: Visit, subscription: Subscription): boolean =>
  visit.configuration.features.subscription_update.proration_behavior === 'always_invoice' ||
  restarts(visit, subscription);

function previewOf(
  world: World,
  visit: Visit,
  subscription: Subscription,
  { id, price, quantity }: PlanChoice,
): Invoice {
  const { proration_behavior: behavior } = visit.configuration.features.subscription_update;
  const discounts = visit.session.flow?.subscription_update_confirm?.discounts ?? null;
  const item = {
    id,
    ...(price !== null && { price }),
    ...(quantity !== undefined && { quantity }),
  };
  return previewInvoice(world, {
    subscription: subscription.id,
    ...(discounts && {
      discounts: discounts.map(({ coupon, promotion_code: code }) =>
        coupon === null ? { promotion_code: code ?? '' } : { coupon },
      ),
    }),
    subscription_details: {
      items: [item],
      proration_behavior: behavior,
      ...(restarts(visit, subscription) && { billing_cycle_anchor: 'now' as const }),
    },
  });
}
