/** A small catalog for tests: one plan of ours, a rate for one model and one for all others. */
import type { Catalog, CatalogPlan, CatalogRate } from '../../../src/core/plans/catalog';

export const aCatalogPlan = (overrides: Partial<CatalogPlan> = {}): CatalogPlan => ({
  ...{ id: 'starter', name: 'Starter', monthlyPriceCents: 2900, includedTokens: 100_000 },
  lateUsage: 'next_invoice',
  rates: ['premium', 'standard'],
  features: ['api_access'],
  access: {
    ...{ warnAtPercent: null, throttleAtPercent: null },
    ...{ throttledRequestsPerMinute: null, upgradeTo: null },
  },
  ...overrides,
});

export const aCatalogRate = (overrides: Partial<CatalogRate> = {}): CatalogRate => ({
  ...{ id: 'standard', name: 'Tokens', models: ['*'], pricePerMillionTokens: '3.00' },
  ...overrides,
});

const premium = aCatalogRate({
  ...{ id: 'premium', name: 'Premium', models: ['gpt-4o'], pricePerMillionTokens: '40.00' },
});

export const someCatalog = (overrides: Partial<Catalog> = {}): Catalog => ({
  currency: 'usd',
  defaultPlan: 'starter',
  plans: [aCatalogPlan()],
  rates: [aCatalogRate(), premium],
  ...{ vendors: [], costBook: [] },
  notifications: { thresholds: [80, 100] },
  dunning: { giveUp: 'cancel', steps: [{ day: 0, action: 'notify' }] },
  ...overrides,
});
