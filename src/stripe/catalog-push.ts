/**
 * Brings the catalog to Stripe: a product and a price for each plan and rate, a meter for each
 * rate. Only what differs is written, so a second push writes nothing, and one that broke off is
 * finished by the next. Prices are immutable at Stripe: a changed one is a new price that takes the
 * lookup key over. The old one stays active without it: Stripe takes no archived price for an item,
 * and whoever was sold it may still get an item of it.
 */
import { createHash } from 'node:crypto';
import type Stripe from 'stripe';
import type { Catalog } from '../core/plans/catalog';
import { isAsWanted, priceParameters, wantedPrices } from './catalog-prices';
import type { WantedPrice } from './catalog-prices';
import { assertObject } from './client';
import { classifyStripeError } from './errors';

export interface PushedCatalog {
  /** Each reads like `product tollkeeper_plan_pro`, in the order of writing. */
  readonly created: readonly string[];
  readonly updated: readonly string[];
  readonly unchanged: readonly string[];
}

type Outcome = keyof PushedCatalog;
type Report = (outcome: Outcome, subject: string) => void;

/** `log` is told of each object as it is done. */
export async function pushCatalog(
  stripe: Stripe,
  catalog: Catalog,
  log: (line: string) => void = () => undefined,
): Promise<PushedCatalog> {
  const reports: Record<Outcome, string[]> = {
    created: [],
    updated: [],
    unchanged: [],
  };
  const report: Report = (outcome, subject) => {
    reports[outcome].push(subject);
    log(`${outcome} ${subject}`);
  };
  const meters = await readMeters(stripe);
  for (const price of wantedPrices(catalog)) {
    const meterId = await pushMeter(stripe, meters, price, report);
    await pushProduct(stripe, price, report);
    await pushPrice(stripe, price, meterId, report);
  }
  return reports;
}

async function readMeters(stripe: Stripe): Promise<Map<string, Stripe.Billing.Meter>> {
  const meters = new Map<string, Stripe.Billing.Meter>();
  for await (const meter of stripe.billing.meters.list({ limit: 100 })) {
    // One event name may have had meters before: the one in use counts.
    if (meter.status === 'active' || !meters.has(meter.event_name)) {
      meters.set(meter.event_name, meter);
    }
  }
  return meters;
}

async function pushMeter(
  stripe: Stripe,
  meters: ReadonlyMap<string, Stripe.Billing.Meter>,
  { meterEventName, productName }: WantedPrice,
  report: Report,
): Promise<string | null> {
  if (meterEventName === undefined) return null;
  const subject = `meter ${meterEventName}`;
  const existingMeter = meters.get(meterEventName);
  if (existingMeter?.status === 'active') {
    report('unchanged', subject);
    return existingMeter.id;
  }
  if (existingMeter) {
    await stripe.billing.meters.reactivate(existingMeter.id);
    report('updated', subject);
    return existingMeter.id;
  }
  const meter = await stripe.billing.meters.create(
    {
      display_name: productName,
      event_name: meterEventName,
      default_aggregation: { formula: 'sum' },
      customer_mapping: { type: 'by_id', event_payload_key: 'stripe_customer_id' },
      value_settings: { event_payload_key: 'value' },
    },
    { idempotencyKey: `catalog:${meterEventName}` },
  );
  assertObject(meter, 'billing.meter');
  report('created', subject);
  return meter.id;
}

async function pushProduct(
  stripe: Stripe,
  { lookupKey: id, productName: name, meterEventName }: WantedPrice,
  report: Report,
): Promise<void> {
  const subject = `product ${id}`;
  const existingProduct = await stripe.products.retrieve(id).catch((error: unknown) => {
    if (classifyStripeError(error)?.type === 'stripe_resource_missing') return null;
    throw error;
  });
  if (existingProduct === null) {
    const parameters = { id, name, ...(meterEventName !== undefined && { unit_label: 'token' }) };
    // Its id is fixed, which makes a second creation impossible whatever the key.
    await stripe.products.create(parameters, {
      idempotencyKey: `catalog:product:${fingerprint(parameters)}`,
    });
    report('created', subject);
  } else if (existingProduct.name !== name || !existingProduct.active) {
    // It goes without a key of ours: A → B → A within a day must not be answered by the first A.
    await stripe.products.update(id, { name, active: true });
    report('updated', subject);
  } else {
    report('unchanged', subject);
  }
}

async function pushPrice(
  stripe: Stripe,
  wantedPrice: WantedPrice,
  meterId: string | null,
  report: Report,
): Promise<void> {
  const subject = `price ${wantedPrice.lookupKey}`;
  const { data } = await stripe.prices.list({
    lookup_keys: [wantedPrice.lookupKey],
    active: true,
    limit: 1,
  });
  const holder = data[0];
  if (holder && isAsWanted(holder, wantedPrice, meterId)) {
    report('unchanged', subject);
    return;
  }
  const parameters = priceParameters(wantedPrice, meterId);
  // Named after the price it replaces: going back to an earlier amount is a new price again.
  const price = await stripe.prices.create(parameters, {
    idempotencyKey: `catalog:price:${holder?.id ?? 'none'}:${fingerprint(parameters)}`,
  });
  assertObject(price, 'price');
  report('created', subject);
}

function fingerprint(parameters: object): string {
  return createHash('sha256').update(JSON.stringify(parameters)).digest('hex').slice(0, 24);
}
