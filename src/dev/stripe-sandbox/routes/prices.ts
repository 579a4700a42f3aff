/** Prices: their terms never change; illegal ones are refused. */
import { assertLegalPrice, buildPrice } from '../billing/price-terms';
import { change, emit } from '../events';
import type { Price } from '../objects';
import { invalid } from '../protocol/fault';
import { pageOf } from '../protocol/listing';
import { named, stored } from '../protocol/lookup';
import * as p from '../protocol/params';
import { present } from '../presentation';
import { route } from '../protocol/router';
import { accountNow } from '../world';
import { newProduct } from './products';
import type { World } from '../world';

const URL = '/v1/prices';

export const INTERVALS = p.oneOf('day', 'week', 'month', 'year');
const RECURRING = p.object(
  {
    interval: INTERVALS,
    interval_count: p.positive,
    meter: p.filled,
    trial_period_days: p.positive,
    usage_type: p.oneOf('licensed', 'metered'),
  },
  ['interval'],
);
const TIER = p.object(
  {
    flat_amount: p.integer,
    flat_amount_decimal: p.decimal,
    unit_amount: p.integer,
    unit_amount_decimal: p.decimal,
    up_to: p.either(p.oneOf('inf'), p.positive),
  },
  ['up_to'],
);
export const PRICE_FIELDS = {
  active: p.bool,
  billing_scheme: p.oneOf('per_unit', 'tiered'),
  currency: p.filled,
  lookup_key: p.filled,
  metadata: p.metadata,
  nickname: p.text,
  product: p.filled,
  recurring: RECURRING,
  tax_behavior: p.oneOf('exclusive', 'inclusive', 'unspecified'),
  tiers: p.listOf(TIER),
  tiers_mode: p.oneOf('graduated', 'volume'),
  transfer_lookup_key: p.bool,
  transform_quantity: p.object({ divide_by: p.positive, round: p.oneOf('up', 'down') }, [
    'divide_by',
    'round',
  ]),
  unit_amount: p.integer,
  unit_amount_decimal: p.decimal,
};

const PRODUCT_DATA = p.object(
  {
    active: p.bool,
    id: p.filled,
    metadata: p.metadata,
    name: p.filled,
    statement_descriptor: p.text,
    tax_code: p.text,
    unit_label: p.text,
  },
  ['name'],
);

export const PRICE_ROUTES = [
  route(
    `POST ${URL}`,
    { ...PRICE_FIELDS, product_data: PRODUCT_DATA },
    ({ world, params }) => {
      assertOneProduct(world, params);
      assertLegalPrice(world, params);
      const { product_data: data, ...terms } = params;
      const product = data ? newProduct(world, data, 'product_data[id]').id : params.product;
      const price = buildPrice({ ...terms, product }, accountNow(world));
      takeLookupKey(world, price, params.lookup_key, params.transfer_lookup_key);
      world.store.put('price', price);
      emit(world, 'price.created', price);
      return present(world, price);
    },
    ['currency'],
  ),
  route(
    `GET ${URL}`,
    {
      ...p.PAGE,
      active: p.bool,
      currency: p.text,
      lookup_keys: p.listOf(p.text),
      product: p.text,
      recurring: p.object({
        interval: INTERVALS,
        meter: p.text,
        usage_type: p.oneOf('licensed', 'metered'),
      }),
      type: p.oneOf('one_time', 'recurring'),
    },
    ({ world, params }) => {
      if (params.lookup_keys && params.lookup_keys.length > 10)
        throw invalid('You may only specify up to 10 lookup_keys.', { param: 'lookup_keys' });
      const order = { url: URL, params, isAsked: (price: Price) => isAsked(price, params) };
      return pageOf(world, 'price', { product: params.product }, order);
    },
  ),
  route(`GET ${URL}/:id`, {}, ({ world, path }) => present(world, stored(world, 'price', path.id))),
  route(
    `POST ${URL}/:id`,
    {
      active: p.bool,
      lookup_key: p.text,
      metadata: p.metadata,
      nickname: p.unsettable(p.text),
      tax_behavior: p.oneOf('exclusive', 'inclusive', 'unspecified'),
      transfer_lookup_key: p.bool,
    },
    ({ world, params, path }) => {
      const price = stored(world, 'price', path.id);
      const { active, nickname, tax_behavior } = params;
      const earlierKey = price.lookup_key;
      if (params.lookup_key !== undefined && params.lookup_key !== earlierKey)
        takeLookupKey(world, price, params.lookup_key, params.transfer_lookup_key);
      const update = {
        active,
        nickname,
        tax_behavior,
        metadata: p.mergeMetadata(price.metadata, params.metadata),
      };
      const previousValues = price.lookup_key === earlierKey ? {} : { lookup_key: earlierKey };
      change(world, 'price', price, update, 'price.updated', previousValues);
      return present(world, price);
    },
  ),
];

/** An existing product or a new one, and not both. */
function assertOneProduct(
  world: World,
  { product, product_data: data }: { product?: string; product_data?: unknown },
): void {
  if (product !== undefined && data !== undefined)
    throw invalid('You may only specify one of these parameters: product, product_data.');
  if (data !== undefined) return;
  if (product !== undefined) {
    named(world, 'product', product, 'product');
    return;
  }
  throw invalid('Missing required param: product.', {
    code: 'parameter_missing',
    param: 'product',
  });
}

interface Filter {
  active?: boolean;
  currency?: string;
  lookup_keys?: string[];
  product?: string;
  recurring?: { interval?: string; meter?: string; usage_type?: string };
  type?: string;
}

function isAsked(price: Price, filter: Filter): boolean {
  const { recurring } = filter;
  return (
    (filter.active === undefined || price.active === filter.active) &&
    (filter.currency === undefined || price.currency === filter.currency) &&
    (filter.product === undefined || price.product === filter.product) &&
    (filter.type === undefined || price.type === filter.type) &&
    (filter.lookup_keys === undefined || filter.lookup_keys.includes(price.lookup_key ?? '')) &&
    (recurring?.interval === undefined || price.recurring?.interval === recurring.interval) &&
    (recurring?.meter === undefined || price.recurring?.meter === recurring.meter) &&
    (recurring?.usage_type === undefined || price.recurring?.usage_type === recurring.usage_type)
  );
}

/** A lookup key names one price; `transfer_lookup_key` moves it from the one that has it. */
function takeLookupKey(
  world: World,
  price: Price,
  lookupKey: string | undefined,
  transfers: boolean | undefined,
): void {
  if (lookupKey === undefined) return;
  if (lookupKey === '') {
    price.lookup_key = null;
    return;
  }
  const [holder] = world.store.where('price', 'lookup_key', lookupKey);
  if (holder && holder !== price) {
    if (!transfers) {
      throw invalid(
        `A price (\`${holder.id}\`) already uses that lookup key. ` +
          'Pass transfer_lookup_key=true to move it.',
        { param: 'lookup_key' },
      );
    }
    change(world, 'price', holder, { lookup_key: null }, 'price.updated');
  }
  price.lookup_key = lookupKey;
}
