/** Coupons: how much is taken off, and for how long. */
import { change, emit } from '../events';
import { randomText } from '../identifiers';
import type { Coupon } from '../objects-discount';
import { invalid, missing } from '../protocol/fault';
import { page } from '../protocol/listing';
import { named } from '../protocol/lookup';
import * as p from '../protocol/params';
import { present } from '../presentation';
import { route } from '../protocol/router';
import { newCoupon } from '../shapes/discount';
import { accountNow } from '../world';
import type { World } from '../world';

const URL = '/v1/coupons';

const FIELDS = {
  amount_off: p.positive,
  applies_to: p.object({ products: p.listOf(p.filled) }),
  currency: p.filled,
  duration: p.oneOf('forever', 'once', 'repeating'),
  duration_in_months: p.positive,
  id: p.filled,
  max_redemptions: p.positive,
  metadata: p.metadata,
  name: p.filled,
  percent_off: p.decimal,
  redeem_by: p.positive,
};
type Asked = p.Parsed<typeof FIELDS>;

export const COUPON_ROUTES = [
  route(`POST ${URL}`, FIELDS, ({ world, params }) => {
    const coupon = makeCoupon(world, params);
    world.store.put('coupon', coupon);
    emit(world, 'coupon.created', coupon);
    return present(world, coupon);
  }),
  route(`GET ${URL}`, p.PAGE, ({ world, params }) => {
    const coupons = world.store.all('coupon').filter((one) => !one.deleted);
    return page(URL, coupons, params, (one) => present(world, one));
  }),
  route(`GET ${URL}/:id`, {}, ({ world, path }) => present(world, existing(world, path.id))),
  route(
    `POST ${URL}/:id`,
    { metadata: p.metadata, name: p.unsettable(p.text) },
    ({ world, params, path }) => {
      const coupon = existing(world, path.id);
      const metadata = p.mergeMetadata(coupon.metadata, params.metadata);
      change(world, 'coupon', coupon, { metadata, name: params.name }, 'coupon.updated');
      return present(world, coupon);
    },
  ),
  // "Deleting a coupon does not affect any customers who have already applied the coupon."
  route(`DELETE ${URL}/:id`, {}, ({ world, path }) => {
    const coupon = existing(world, path.id);
    emit(world, 'coupon.deleted', coupon);
    coupon.deleted = true;
    world.store.put('coupon', coupon);
    return { id: coupon.id, object: 'coupon', deleted: true };
  }),
];

function existing(world: World, id: string | undefined): Coupon {
  const coupon = world.store.get('coupon', id ?? '');
  if (coupon && !coupon.deleted) return coupon;
  throw missing('coupon', id ?? '', 'coupon');
}

function makeCoupon(world: World, params: Asked): Coupon {
  const { amount_off: amount, percent_off: percent, duration = 'once', currency } = params;
  const { duration_in_months: months, applies_to: only } = params;
  if ((amount === undefined) === (percent === undefined))
    throw invalid('A coupon needs exactly one of `percent_off` and `amount_off`.', {
      param: 'percent_off',
    });
  if (percent !== undefined && !(Number(percent) > 0 && Number(percent) <= 100))
    throw invalid(`Invalid percent_off: it must be above 0 and at most 100, got ${percent}.`, {
      param: 'percent_off',
    });
  if (amount !== undefined && (amount < 1 || currency === undefined))
    throw invalid('amount_off must be positive, and needs its currency.', { param: 'currency' });
  if ((duration === 'repeating') !== (months !== undefined))
    throw invalid('`duration_in_months` is needed by `repeating`, and by nothing else.', {
      param: 'duration_in_months',
    });
  for (const product of only?.products ?? [])
    named(world, 'product', product, 'applies_to[products]');
  const id = params.id ?? randomText(8);
  assertNew(world, id);
  return newCoupon(id, {
    ...{ duration, created: accountNow(world) },
    amount_off: amount ?? null,
    percent_off: percent === undefined ? null : Number(percent),
    currency: amount === undefined ? null : (currency ?? null),
    ...(only?.products && { applies_to: { products: only.products } }),
    duration_in_months: months ?? null,
    max_redemptions: params.max_redemptions ?? null,
    metadata: p.mergeMetadata({}, params.metadata),
    name: params.name ?? null,
    redeem_by: params.redeem_by ?? null,
  });
}

function assertNew(world: World, id: string): void {
  const coupon = world.store.get('coupon', id);
  if (!coupon) return;
  const more = coupon.deleted ? ' It was deleted; the sandbox does not give its id again.' : '';
  throw invalid(`Coupon already exists.${more}`, { code: 'resource_already_exists', param: 'id' });
}
