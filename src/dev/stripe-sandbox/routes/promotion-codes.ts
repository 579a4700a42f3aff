/** Promotion codes: words by which customers redeem a coupon, and who may. */
import { couponNamed } from '../discounts/redeeming';
import { isActive } from '../discounts/restrictions';
import { change, emit } from '../events';
import { randomText } from '../identifiers';
import type { PromotionCode } from '../objects-discount';
import { invalid } from '../protocol/fault';
import { page } from '../protocol/listing';
import { namedCustomer, stored } from '../protocol/lookup';
import * as p from '../protocol/params';
import { present } from '../presentation';
import { route } from '../protocol/router';
import { newPromotionCode } from '../shapes/discount';
import { accountNow } from '../world';
import type { World } from '../world';

const URL = '/v1/promotion_codes';

const FIELDS = {
  active: p.bool,
  code: p.filled,
  customer: p.filled,
  expires_at: p.positive,
  max_redemptions: p.positive,
  metadata: p.metadata,
  promotion: p.object({ coupon: p.filled, type: p.oneOf('coupon') }, ['type']),
  restrictions: p.object({
    first_time_transaction: p.bool,
    minimum_amount: p.positive,
    minimum_amount_currency: p.filled,
  }),
};
type Asked = p.Parsed<typeof FIELDS>;

export const PROMOTION_CODE_ROUTES = [
  route(
    `POST ${URL}`,
    FIELDS,
    ({ world, params }) => {
      const code = makeCode(world, params);
      world.store.put('promotion_code', code);
      emit(world, 'promotion_code.created', code);
      return present(world, code);
    },
    ['promotion'],
  ),
  route(
    `GET ${URL}`,
    { ...p.PAGE, active: p.bool, code: p.text, coupon: p.text, customer: p.text },
    ({ world, params }) => {
      const { active, code, coupon, customer } = params;
      const codes = world.store
        .all('promotion_code')
        .filter((one) => active === undefined || isActive(world, one) === active)
        .filter((one) => code === undefined || isSame(one.code, code))
        .filter((one) => coupon === undefined || one.promotion.coupon === coupon)
        .filter((one) => customer === undefined || one.customer === customer);
      return page(URL, codes, params, (one) => present(world, one));
    },
  ),
  route(`GET ${URL}/:id`, {}, ({ world, path }) =>
    present(world, stored(world, 'promotion_code', path.id)),
  ),
  route(`POST ${URL}/:id`, { active: p.bool, metadata: p.metadata }, ({ world, params, path }) => {
    const code = stored(world, 'promotion_code', path.id);
    if (params.active && !code.active) assertFree(world, code.code);
    const metadata = p.mergeMetadata(code.metadata, params.metadata);
    const update = { active: params.active, metadata };
    change(world, 'promotion_code', code, update, 'promotion_code.updated');
    return present(world, code);
  }),
];

function makeCode(world: World, params: Asked): PromotionCode {
  const { restrictions, customer, promotion } = params;
  const coupon = couponNamed(world, promotion?.coupon, 'promotion[coupon]');
  if (restrictions?.minimum_amount !== undefined && !restrictions.minimum_amount_currency)
    throw invalid('A minimum_amount needs its minimum_amount_currency.', {
      param: 'restrictions[minimum_amount_currency]',
    });
  const code = params.code ?? randomText(8).toUpperCase();
  if (!/^[A-Za-z0-9-]+$/.test(code))
    throw invalid(`A promotion code has letters, digits and dashes, got ${code}.`, {
      param: 'code',
    });
  assertFree(world, code);
  return newPromotionCode({
    ...{ code, created: accountNow(world), promotion: { coupon: coupon.id, type: 'coupon' } },
    active: params.active ?? true,
    customer: customer === undefined ? null : namedCustomer(world, customer).id,
    expires_at: params.expires_at ?? null,
    max_redemptions: params.max_redemptions ?? null,
    metadata: p.mergeMetadata({}, params.metadata),
    restrictions: {
      first_time_transaction: restrictions?.first_time_transaction ?? false,
      minimum_amount: restrictions?.minimum_amount ?? null,
      minimum_amount_currency: restrictions?.minimum_amount_currency ?? null,
    },
  });
}

/** "The code must be unique across all active promotion codes", whatever its case. */
function assertFree(world: World, code: string): void {
  const isTaken = codesOf(world, code).some((one) => isActive(world, one));
  if (isTaken)
    throw invalid(`An active promotion code with \`code: ${code}\` already exists.`, {
      param: 'code',
    });
}

/** Its upper and lower case say nothing. */
export const codesOf = (world: World, code: string): PromotionCode[] =>
  world.store.where('promotion_code', 'code', code.toLowerCase());

const isSame = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
