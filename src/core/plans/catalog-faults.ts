/** What a catalog must hold together, beyond the shape of its parts: references, order, reach. */
import type { Catalog, CatalogPlan, CatalogRate } from './catalog';
import { hasAllowance, itemsMaxOf } from './catalog';

/**
 * Tells every fault as a sentence that begins with the path; none says that the catalog is sound.
 */
export function catalogFaults(catalog: Catalog): string[] {
  return [
    ...duplicates('plans', catalog.plans),
    ...duplicates('rates', catalog.rates),
    ...duplicates('vendors', catalog.vendors),
    ...planFaults(catalog),
    ...tooManyItems(catalog),
    ...ownPlanFaults(catalog),
    ...rateFaults(catalog),
    ...shadowedRates(catalog),
    ...costBookFaults(catalog),
    ...notificationFaults(catalog),
    ...dunningFaults(catalog),
  ];
}

function duplicates(list: string, entries: readonly { readonly id: string }[]): string[] {
  return entries.flatMap(({ id }, index) =>
    entries.findIndex((entry) => entry.id === id) < index
      ? [`${list}[${index}].id is ${id}, which is taken: expected each id once.`]
      : [],
  );
}

function planFaults(catalog: Catalog): string[] {
  const planIds = catalog.plans.map(({ id }) => id);
  const faults: string[] = [];
  if (!planIds.includes(catalog.defaultPlan)) {
    faults.push(`defaultPlan is ${catalog.defaultPlan}: expected one of ${planIds.join(', ')}.`);
  }
  for (const plan of catalog.plans) {
    if (plan.includedTokens === null && plan.rates.length > 0) {
      faults.push(
        `plans.${plan.id}.rates is [${plan.rates.join(', ')}]: expected none, because its tokens ` +
          'are unlimited (includedTokens: null) and would never be priced.',
      );
    }
    const upgrade = plan.access.upgradeTo;
    if (upgrade !== null && (upgrade === plan.id || !planIds.includes(upgrade))) {
      faults.push(
        `plans.${plan.id}.access.upgradeTo is ${upgrade}: expected another of ${planIds.join(', ')}.`,
      );
    }
    if (plan.access.throttleAtPercent !== null && plan.access.throttledRequestsPerMinute === null) {
      faults.push(
        `plans.${plan.id}.access.throttledRequestsPerMinute is not set: expected a number, because ` +
          `throttleAtPercent is ${plan.access.throttleAtPercent}.`,
      );
    }
  }
  return faults;
}

/** Tells what is wrong with plans that are a vendor's own product. */
function ownPlanFaults({ plans, vendors }: Catalog): string[] {
  const vendorIds = vendors.map(({ id }) => id);
  return plans.flatMap((plan) => {
    const { vendor, access } = plan;
    const upgrade = plans.find(({ id }) => id === access.upgradeTo);
    return [
      ...(vendor === undefined || vendorIds.includes(vendor)
        ? []
        : [
            `plans.${plan.id}.vendor is ${vendor}: expected one of ` +
              `${vendorIds.join(', ') || 'no vendors at all'}.`,
          ]),
      // One invoice bills both plans then, and Stripe pays all of it to one vendor, or to none.
      ...(upgrade && upgrade.vendor !== vendor
        ? [
            `plans.${plan.id}.access.upgradeTo is ${upgrade.id}, which is ` +
              `${ownerOf(upgrade.vendor)}: expected a plan that is ${ownerOf(vendor)}.`,
          ]
        : []),
    ];
  });
}

const ownerOf = (vendor: string | undefined): string =>
  vendor === undefined ? "the platform's" : `${vendor}'s`;

function rateFaults(catalog: Catalog): string[] {
  const rateIds = catalog.rates.map(({ id }) => id);
  const sellers = [
    ...catalog.plans.map(({ id, vendor, rates }) => ({
      path: `plans.${id}`,
      owner: vendor,
      rates,
    })),
    ...catalog.vendors.map(({ id, rates }) => ({ path: `vendors.${id}`, owner: id, rates })),
  ];
  const faults = sellers.flatMap(({ path, rates }) =>
    rates.flatMap((rateId, index) => [
      ...(rateIds.includes(rateId)
        ? []
        : [`${path}.rates[${index}] is ${rateId}: expected one of ${rateIds.join(', ')}.`]),
      ...(rates.indexOf(rateId) < index
        ? [`${path}.rates[${index}] is ${rateId}, which it has already: expected each rate once.`]
        : []),
    ]),
  );
  for (const rateId of rateIds) {
    const users = sellers.filter(({ rates }) => rates.includes(rateId));
    if (users.length === 0) {
      faults.push(`rates.${rateId} is used by no plan and no vendor: use it or remove it.`);
    }
    // A vendor's rate prices only that vendor's usage, so it can be no one else's.
    const seller = users.find(({ path }) => path.startsWith('vendors.'));
    if (seller && users.some((user) => user !== seller && !isOwnPlan(user, seller))) {
      const names = users.map(({ path }) => path).join(', ');
      faults.push(
        `rates.${rateId} is used by ${names}: expected one vendor, with its own plans, and ` +
          'nothing else.',
      );
    }
  }
  return faults;
}

interface Seller {
  readonly path: string;
  readonly owner: string | undefined;
}

const isOwnPlan = (user: Seller, seller: Seller): boolean =>
  user.path.startsWith('plans.') && user.owner === seller.owner;

/** The first rate that matches wins: one wholly covered by an earlier one would never price. */
function shadowedRates(catalog: Catalog): string[] {
  const isVendorRate = ({ id }: CatalogRate) =>
    catalog.vendors.some(({ rates }) => rates.includes(id));
  return [...catalog.plans, ...catalog.vendors].flatMap(({ id, rates }) => {
    const knownRates = rates.flatMap(
      (rateId) => catalog.rates.find((rate) => rate.id === rateId) ?? [],
    );
    return knownRates.flatMap((rate, index) => {
      const isVendors = isVendorRate(rate);
      const earlierRate = knownRates
        .slice(0, index)
        .find((one) => isVendorRate(one) === isVendors && covers(one, rate));
      return earlierRate && earlierRate.id !== rate.id
        ? [
            `${id}.rates: ${rate.id} never prices anything, because ${earlierRate.id} stands before it ` +
              `and covers all its models: put ${rate.id} first.`,
          ]
        : [];
    });
  });
}

function covers(wide: CatalogRate, narrow: CatalogRate): boolean {
  const coversTypes =
    wide.tokenTypes === undefined ||
    (narrow.tokenTypes?.every((tokenType) => wide.tokenTypes?.includes(tokenType)) ?? false);
  return (
    coversTypes &&
    narrow.models.every((pattern) => wide.models.some((other) => coversPattern(other, pattern)))
  );
}

function coversPattern(wide: string, narrow: string): boolean {
  if (!wide.endsWith('*')) return wide === narrow;
  return narrow.startsWith(wide.slice(0, -1));
}

function costBookFaults(catalog: Catalog): string[] {
  const ids = new Set<string>();
  return catalog.costBook.flatMap(({ model, tokenType, from }) => {
    const row = `${model} ${tokenType} from ${from}`;
    if (ids.has(row)) return [`costBook has two rows for ${row}: expected one.`];
    ids.add(row);
    return [];
  });
}

function notificationFaults({ plans, notifications }: Catalog): string[] {
  const own = plans.flatMap((plan) =>
    plan.notifications ? [{ path: `plans.${plan.id}.`, ...plan.notifications }] : [],
  );
  const outOfOrder = [{ path: '', ...notifications }, ...own].flatMap(({ path, thresholds }) =>
    thresholds.flatMap((percent, index) => {
      const previousPercent = thresholds[index - 1] ?? 0;
      return percent > previousPercent
        ? []
        : [
            `${path}notifications.thresholds[${index}] is ${percent}: expected more than ` +
              `${previousPercent}, which stands before it.`,
          ];
    }),
  );
  const unreachable = plans.flatMap((plan) =>
    hasAllowance(plan) || !plan.notifications?.thresholds.length
      ? []
      : [
          `plans.${plan.id}.notifications.thresholds is ` +
            `[${plan.notifications.thresholds.join(', ')}]: expected none, because the plan has no ` +
            `allowance to use up (includedTokens: ${plan.includedTokens}).`,
        ],
  );
  return [...outOfOrder, ...unreachable];
}

function dunningFaults({ dunning: { steps } }: Catalog): string[] {
  return steps.flatMap(({ day, action }, index) => {
    const previousDay = steps[index - 1]?.day ?? -1;
    const at = `dunning.steps[${index}]`;
    return [
      ...(day > previousDay ? [] : [`${at}.day is ${day}: expected a day after ${previousDay}.`]),
      ...(action === 'give_up' && index < steps.length - 1
        ? [`${at}.action is give_up: expected it as the last step only.`]
        : []),
    ];
  });
}

/**
 * A subscription begins with an item for the base price, and one for each rate. Vendors' items come
 * with use.
 */
function tooManyItems(catalog: Catalog): string[] {
  const most = itemsMaxOf(catalog);
  return catalog.plans.flatMap((plan) => {
    const sellers = catalog.vendors.filter(({ id }) => id === plan.vendor || isBare(plan));
    const own = new Set(plan.rates);
    const rates = new Set([...own, ...sellers.flatMap((vendor) => vendor.rates)]);
    const base = plan.monthlyPriceCents > 0 ? 1 : 0;
    const items = rates.size + base;
    if (items <= most) return [];
    return [
      `plans.${plan.id} needs ${items} items in a subscription (${own.size} of its own rates, ` +
        `${rates.size - own.size} of vendors, ${base} for the base price): expected at most ` +
        `${most}, Stripe's limit. If your account may have more, say so by subscriptionItemsMax.`,
    ];
  });
}

/** It has the items of all vendors from the start, as Stripe takes no subscription without one. */
const isBare = ({ vendor, monthlyPriceCents, rates }: CatalogPlan): boolean =>
  vendor === undefined && monthlyPriceCents === 0 && rates.length === 0;
