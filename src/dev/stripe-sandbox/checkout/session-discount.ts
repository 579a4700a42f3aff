/** The discount of a session: given with it, or by a code that the customer types. */
import { couponNamed, ofCode, redeem, assertRedeemable } from '../discounts/redeeming';
import type { AskedDiscount } from '../discounts/redeeming';
import { partsOf } from '../discounts/taking-off';
import type { Customer, Price } from '../objects';
import type { CheckoutSession } from '../objects-checkout';
import type { Coupon, Discount, PromotionCode } from '../objects-discount';
import { invalid, StripeFault } from '../protocol/fault';
import { named } from '../protocol/lookup';
import { codesOf } from '../routes/promotion-codes';
import type { World } from '../world';

/** docs.stripe.com/api/checkout/sessions/create: "Currently, only up to one may be specified." */
export function setDiscount(
  world: World,
  session: CheckoutSession,
  requests: readonly AskedDiscount[],
): void {
  if (requests.length === 0) return;
  const [one] = requests;
  if (requests.length > 1 || !one || one.discount !== undefined)
    throw invalid('A session takes one coupon or promotion code.', { param: 'discounts' });
  if (session.allow_promotion_codes !== null)
    throw invalid(
      'You may only specify one of these parameters: allow_promotion_codes, discounts.',
    );
  const { coupon, promotion_code: code } = one;
  const redemption =
    code === undefined
      ? { coupon: couponNamed(world, coupon, 'discounts[0][coupon]'), code: null }
      : ofCode(world, named(world, 'promotion_code', code, 'discounts[0][promotion_code]'));
  assertRedeemable(world, redemption, purchaseOf(world, session), 'discounts[0]');
  note(session, redemption);
}

/** What the customer types on the page; the refusal says why. */
export function enterCode(world: World, session: CheckoutSession, text: string): void {
  if (!session.allow_promotion_codes) throw invalid('This session takes no promotion codes.');
  const codes = codesOf(world, text.trim());
  const code = codes.findLast(({ active }) => active) ?? codes.at(-1);
  if (!code) throw invalid('This code is invalid.');
  const redemption = ofCode(world, code);
  try {
    assertRedeemable(world, redemption, purchaseOf(world, session), 'promotion_code');
  } catch (error) {
    if (error instanceof StripeFault && redemption.coupon.deleted)
      throw invalid('This code is invalid.');
    throw error;
  }
  note(session, redemption);
}

export function removeCode(session: CheckoutSession): void {
  if (session.allow_promotion_codes) session.discounts = [];
}

function note(
  session: CheckoutSession,
  { coupon, code }: { coupon: Coupon; code: PromotionCode | null },
): void {
  const isOfCode = code !== null;
  session.discounts = [{ coupon: isOfCode ? null : coupon.id, promotion_code: code?.id ?? null }];
}

function purchaseOf(world: World, session: CheckoutSession, payer?: Customer) {
  const customer = payer ?? world.store.get('customer', session.customer ?? '') ?? null;
  return { customer, currency: session.currency ?? 'usd', cents: session.amount_subtotal };
}

/** The coupon that the session's discount is of, and the code if there is one. */
export function couponOf(
  world: World,
  session: CheckoutSession,
): { coupon: Coupon; code: PromotionCode | null } | null {
  const [one] = session.discounts ?? [];
  const code = world.store.get('promotion_code', one?.promotion_code ?? '') ?? null;
  const coupon = world.store.get('coupon', one?.coupon ?? code?.promotion.coupon ?? '');
  return coupon ? { coupon, code } : null;
}

/** The code may have been used up since it was entered: no card is asked then. */
export function assertCodeHolds(world: World, session: CheckoutSession): void {
  const redemption = couponOf(world, session);
  if (redemption) assertRedeemable(world, redemption, purchaseOf(world, session), 'discounts');
}

interface Priced {
  price: Price;
  amount: number;
}

/** What is taken off each of its lines today. */
export function discountsOfLines(
  world: World,
  session: CheckoutSession,
  lines: readonly Priced[],
): number[] {
  const coupon = couponOf(world, session)?.coupon;
  if (!coupon) return lines.map(() => 0);
  const isFor = ({ price }: Priced): boolean =>
    !coupon.applies_to || coupon.applies_to.products.includes(price.product);
  return partsOf(
    coupon,
    lines.map((line) => (isFor(line) ? line.amount : 0)),
  );
}

/** It is redeemed when the session is completed, and may be refused as late as then. */
export function redeemOf(
  world: World,
  session: CheckoutSession,
  holder: { customer: Customer; subscription: string; now: number },
): Discount[] {
  const requests = (session.discounts ?? []).map(({ coupon, promotion_code: code }) => ({
    ...(coupon !== null && { coupon }),
    ...(code !== null && { promotion_code: code }),
  }));
  return redeem(world, requests, {
    ...{ now: holder.now, of: { customer: holder.customer.id, subscription: holder.subscription } },
    purchase: purchaseOf(world, session, holder.customer),
  });
}
