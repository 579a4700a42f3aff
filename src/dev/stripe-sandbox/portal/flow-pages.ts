/**
 * The page of a flow: the one thing that the visit is for, and what follows it. Nothing else of the
 * portal is shown meanwhile.
 */
import { currentPeriod } from '../billing/cycle';
import { offText } from '../discounts/words';
import type { Subscription } from '../objects';
import type { PortalFlow } from '../objects-portal';
import { cardFields } from '../page/card-fields';
import { day, html } from '../page/html';
import type { Html } from '../page/html';
import { card, order } from '../page/layout';
import type { PageContent } from '../page/layout';
import { PORTAL } from '../page/portal-session';
import type { Visit } from '../page/portal-session';
import type { World } from '../world';
import { planLines, updatePage } from './update-page';

/** null: the flow is done, and the portal's own page follows. */
export function flowPage(world: World, visit: Visit, price: string | null): PageContent | null {
  const { flow, isFlowDone } = visit.session;
  if (!flow) return null;
  if (isFlowDone) return afterwards(flow);
  if (flow.type === 'payment_method_update') return cardPage(visit);
  const { subscription_cancel: cancel, subscription_update: update } = flow;
  const { subscription: id } = cancel ?? update ?? flow.subscription_update_confirm ?? {};
  const subscription = world.store.get('subscription', id ?? '');
  if (!subscription || subscription.ended_at !== null) return null;
  return cancel
    ? cancelPage(world, visit, subscription)
    : updatePage(world, visit, subscription, price);
}

/** Browsers follow no form's redirect to another site: the page leads there itself. */
function afterwards({ after_completion: completion }: PortalFlow): PageContent | null {
  const { type, hosted_confirmation: hosted, redirect } = completion;
  if (type === 'portal_homepage') return null;
  const title = 'Done';
  if (!redirect) {
    const text = hosted?.custom_message ?? 'Your change is made. You can close this page.';
    return {
      title,
      place: null,
      body: html`<h1>Thank you</h1>
        <p class="lead">${text}</p>`,
    };
  }
  const address = redirect.return_url;
  const body = html`<h1>Thank you</h1>
    <p><a href="${address}">Go on</a></p>`;
  return { title, place: null, goTo: address, body };
}

const backTo = ({ session }: Visit): Html | false =>
  session.return_url !== null && html`<a href="${session.return_url}">← Back</a>`;

function cardPage(visit: Visit): PageContent {
  const address = `${PORTAL}${visit.session.secret}`;
  const form = order(`${address}/card`, address, cardFields(), 'Save card', { mood: 'main' });
  return {
    title: 'Add a payment method',
    place: null,
    body: html`<div class="spread">
        <h1>Add a payment method</h1>
        ${backTo(visit)}
      </div>
      <p class="lead">A stand-in for Stripe: it takes test cards only.</p>
      ${card('Your card', form)}`,
  };
}

function cancelPage(world: World, visit: Visit, subscription: Subscription): PageContent {
  const { session, configuration } = visit;
  const address = `${PORTAL}${session.secret}`;
  const { mode } = configuration.features.subscription_cancel;
  const { end } = currentPeriod(world.store.subscriptionItems(subscription.id));
  const when = mode === 'immediately' ? 'now' : day(end);
  const fields = html`<input type="hidden" name="subscription" value="${subscription.id}" />`;
  return {
    title: 'Cancel your subscription',
    place: null,
    body: html`<div class="spread">
        <h1>Cancel your subscription</h1>
        ${backTo(visit)}
      </div>
      ${offer(world, visit, fields)}
      ${card(
        'Your subscription',
        html`${planLines(world, subscription)}
          <p>If you cancel, it ends ${when}.</p>
          ${order(`${address}/cancel`, address, fields, 'Cancel the subscription', {
            ...{ mood: 'danger', layout: 'row' },
          })}`,
      )}`,
  };
}

function offer(world: World, { session }: Visit, fields: Html): Html | null {
  const id = session.flow?.subscription_cancel?.retention?.coupon_offer.coupon;
  const coupon = world.store.get('coupon', id ?? '');
  if (!coupon) return null;
  const address = `${PORTAL}${session.secret}`;
  return card(
    'Stay for less',
    html`<p>${coupon.name ?? coupon.id}: ${offText(coupon)}</p>
      ${order(`${address}/stay`, address, fields, 'Accept the offer', { layout: 'row' })}`,
  );
}
