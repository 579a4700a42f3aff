/** Products. */
import { change, emit } from '../events';
import { newId } from '../identifiers';
import type { StripeObject } from '../objects';
import { invalid } from '../protocol/fault';
import { page } from '../protocol/listing';
import { named, stored } from '../protocol/lookup';
import * as p from '../protocol/params';
import { present } from '../presentation';
import { route } from '../protocol/router';
import { accountNow } from '../world';
import type { World } from '../world';

const URL = '/v1/products';

const FIELDS = {
  active: p.bool,
  description: p.unsettable(p.text),
  images: p.listOf(p.text),
  metadata: p.metadata,
  name: p.filled,
  shippable: p.bool,
  statement_descriptor: p.text,
  tax_code: p.unsettable(p.text),
  unit_label: p.unsettable(p.text),
  url: p.unsettable(p.text),
};

export const PRODUCT_ROUTES = [
  route(
    `POST ${URL}`,
    { ...FIELDS, id: p.filled },
    ({ world, params }) => {
      const product = newProduct(world, params);
      return present(world, product);
    },
    ['name'],
  ),
  route(
    `GET ${URL}`,
    { ...p.PAGE, active: p.bool, ids: p.listOf(p.text), shippable: p.bool, url: p.text },
    ({ world, params }) => {
      const { active, ids } = params;
      const products = world.store
        .all('product')
        .filter((one) => active === undefined || one.active === active)
        .filter((one) => ids === undefined || ids.includes(one.id));
      return page(URL, products, params, (one) => present(world, one));
    },
  ),
  route(`GET ${URL}/:id`, {}, ({ world, path }) =>
    present(world, stored(world, 'product', path.id)),
  ),
  route(`POST ${URL}/:id`, { ...FIELDS, default_price: p.text }, ({ world, params, path }) => {
    const product = stored(world, 'product', path.id);
    const { metadata, ...fields } = params;
    assertDefaultPrice(world, product, params.default_price);
    const mergedMetadata = p.mergeMetadata(product.metadata as Record<string, string>, metadata);
    const update = { ...fields, metadata: mergedMetadata, updated: accountNow(world) };
    change(world, 'product', product, update, 'product.updated');
    return present(world, product);
  }),
  route(`DELETE ${URL}/:id`, {}, ({ world, path }) => {
    const product = stored(world, 'product', path.id);
    if (world.store.where('price', 'product', product.id).length > 0) {
      throw invalid('This product cannot be deleted because it has one or more prices.');
    }
    world.store.remove('product', product.id);
    emit(world, 'product.deleted', product);
    return { id: product.id, object: 'product', deleted: true };
  }),
];

function assertDefaultPrice(world: World, product: StripeObject, id: string | undefined): void {
  if (id === undefined) return;
  const price = named(world, 'price', id, 'default_price');
  if (price.product === product.id && price.active) return;
  throw invalid(`The price ${id} is not an active price of ${product.id}.`, {
    param: 'default_price',
  });
}

export interface ProductTerms {
  id?: string;
  metadata?: Record<string, string> | null;
  [field: string]: unknown;
}

/** A price that brings its product along makes one, too. */
export function newProduct(world: World, terms: ProductTerms, idParam = 'id'): StripeObject {
  const { metadata, ...fields } = terms;
  const id = terms.id ?? newId('prod').slice(0, 19);
  if (world.store.get('product', id)) {
    throw invalid(`Product already exists: ${id}`, {
      code: 'resource_already_exists',
      param: idParam,
    });
  }
  const product: StripeObject = {
    object: 'product',
    active: true,
    created: accountNow(world),
    default_price: null,
    description: null,
    images: [],
    livemode: false,
    marketing_features: [],
    package_dimensions: null,
    shippable: null,
    statement_descriptor: null,
    tax_code: null,
    tax_details: null,
    type: 'service',
    unit_label: null,
    updated: accountNow(world),
    url: null,
    ...fields,
    id,
    metadata: p.mergeMetadata({}, metadata),
  };
  world.store.put('product', product);
  emit(world, 'product.created', product);
  return product;
}
