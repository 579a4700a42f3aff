/** Which prices Stripe allows, and the price that legal terms make. */
import Decimal from 'decimal.js';
import { newId } from '../identifiers';
import type { Price, Recurring, Tier } from '../objects';
import { invalid } from '../protocol/fault';
import { missingParam } from '../protocol/fault';
import type { World } from '../world';

export interface TierTerms {
  flat_amount?: number;
  flat_amount_decimal?: string;
  unit_amount?: number;
  unit_amount_decimal?: string;
  up_to?: number | 'inf';
}

export interface PriceTerms {
  active?: boolean;
  billing_scheme?: 'per_unit' | 'tiered';
  currency?: string;
  metadata?: Record<string, string> | null;
  nickname?: string;
  product?: string;
  recurring?: Partial<Recurring> | { [K in keyof Recurring]?: Recurring[K] | undefined };
  tax_behavior?: string;
  tiers?: TierTerms[];
  tiers_mode?: 'graduated' | 'volume';
  transform_quantity?: { divide_by?: number; round?: 'up' | 'down' };
  unit_amount?: number;
  unit_amount_decimal?: string;
}

export function assertLegalPrice(world: World, terms: PriceTerms): void {
  assertRecurring(world, terms);
  if (!/^[a-z]{3}$/.test(terms.currency ?? '')) {
    throw invalid(`Invalid currency: ${terms.currency}. Use lowercase ISO codes such as usd.`, {
      param: 'currency',
    });
  }
  if (terms.billing_scheme === 'tiered') {
    assertTiers(terms);
    return;
  }
  if (terms.tiers || terms.tiers_mode) {
    throw invalid('`tiers` and `tiers_mode` need `billing_scheme=tiered`.', { param: 'tiers' });
  }
  const amounts = [terms.unit_amount, terms.unit_amount_decimal].filter((one) => one !== undefined);
  if (amounts.length !== 1) {
    throw invalid(
      'A per-unit price needs exactly one of `unit_amount` and `unit_amount_decimal`.',
      { code: 'parameter_missing', param: 'unit_amount' },
    );
  }
  if (new Decimal(amounts[0] ?? 0).isNegative())
    throw invalid('Invalid non-negative integer', { param: 'unit_amount' });
  if (terms.transform_quantity && (terms.transform_quantity.divide_by ?? 0) < 1)
    throw invalid('`divide_by` is at least 1.', { param: 'transform_quantity[divide_by]' });
}

function assertRecurring(world: World, { recurring }: PriceTerms): void {
  if (!recurring) return;
  const { usage_type: usageType, meter } = recurring;
  if (usageType === 'metered' && !meter) {
    throw invalid('You can no longer create a price with `usage_type=metered` without a `meter`.', {
      param: 'recurring[meter]',
    });
  }
  if (!meter) return;
  if (usageType !== 'metered') {
    throw invalid('`meter` needs `usage_type=metered`.', { param: 'recurring[usage_type]' });
  }
  const storedMeter = world.store.get('billing.meter', meter);
  if (!storedMeter) throw missingParam('meter', meter, 'recurring[meter]');
  if (storedMeter.status !== 'active') {
    throw invalid(`Meter ${meter} is inactive: a price needs an active one.`, {
      param: 'recurring[meter]',
    });
  }
}

function assertTiers(terms: PriceTerms): void {
  const { tiers = [] } = terms;
  if (terms.transform_quantity) {
    throw invalid('`transform_quantity` cannot be combined with `tiers`.', {
      param: 'transform_quantity',
    });
  }
  if (terms.unit_amount !== undefined || terms.unit_amount_decimal !== undefined)
    throw invalid('`unit_amount` cannot be combined with `tiers`.', { param: 'unit_amount' });
  if (tiers.length === 0 || !terms.tiers_mode) {
    throw invalid('`billing_scheme=tiered` needs `tiers` and `tiers_mode`.', { param: 'tiers' });
  }
  let lowerBound = 0;
  for (const [index, tier] of tiers.entries()) {
    const isLast = index === tiers.length - 1;
    const upTo = tier.up_to === 'inf' ? Infinity : (tier.up_to ?? 0);
    if (isLast !== (upTo === Infinity) || upTo <= lowerBound) {
      throw invalid('Tiers ascend by `up_to`, and the last one, only, has `up_to=inf`.', {
        param: `tiers[${index}][up_to]`,
      });
    }
    lowerBound = upTo;
    const hasUnit = tier.unit_amount !== undefined || tier.unit_amount_decimal !== undefined;
    const hasFlat = tier.flat_amount !== undefined || tier.flat_amount_decimal !== undefined;
    if (!hasUnit && !hasFlat)
      throw invalid('A tier needs a unit or a flat amount.', { param: `tiers[${index}]` });
  }
}

export function buildPrice(terms: PriceTerms, now: number): Price {
  const { recurring } = terms;
  const isTiered = terms.billing_scheme === 'tiered';
  const amount = isTiered
    ? pair(undefined, undefined)
    : pair(terms.unit_amount, terms.unit_amount_decimal);
  return {
    id: newId('price'),
    object: 'price',
    active: terms.active ?? true,
    billing_scheme: terms.billing_scheme ?? 'per_unit',
    created: now,
    currency: terms.currency ?? '',
    custom_unit_amount: null,
    livemode: false,
    lookup_key: null,
    metadata: { ...terms.metadata },
    nickname: terms.nickname ?? null,
    product: terms.product ?? '',
    recurring: recurring
      ? {
          interval: recurring.interval ?? 'month',
          interval_count: recurring.interval_count ?? 1,
          meter: recurring.meter ?? null,
          trial_period_days: recurring.trial_period_days ?? null,
          usage_type: recurring.usage_type ?? 'licensed',
        }
      : null,
    tax_behavior: terms.tax_behavior ?? 'unspecified',
    ...(isTiered && { tiers: terms.tiers?.map(builtTier) }),
    tiers_mode: terms.tiers_mode ?? null,
    transform_quantity: terms.transform_quantity
      ? {
          divide_by: terms.transform_quantity.divide_by ?? 1,
          round: terms.transform_quantity.round ?? 'up',
        }
      : null,
    type: recurring ? 'recurring' : 'one_time',
    unit_amount: amount.whole,
    unit_amount_decimal: amount.exact,
  };
}

function builtTier(tier: TierTerms): Tier {
  const flatPair = pair(tier.flat_amount, tier.flat_amount_decimal);
  const unit = pair(tier.unit_amount, tier.unit_amount_decimal);
  return {
    flat_amount: flatPair.whole,
    flat_amount_decimal: flatPair.exact,
    unit_amount: unit.whole,
    unit_amount_decimal: unit.exact,
    up_to: tier.up_to === 'inf' ? null : (tier.up_to ?? null),
  };
}

/** An amount as whole cents, if it is, and exactly. */
function pair(integer: number | undefined, decimalText: string | undefined) {
  if (integer === undefined && decimalText === undefined) return { whole: null, exact: null };
  const decimal = new Decimal(decimalText ?? integer ?? 0);
  return { whole: decimal.isInteger() ? decimal.toNumber() : null, exact: decimal.toFixed() };
}
