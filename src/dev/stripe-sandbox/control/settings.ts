/** What an account's settings decide at Stripe, ordered here: retries, and how they end. */
import { collectionSettings, setCollection } from '../billing/retries';
import { meterSettings, setMetering } from '../billing/meter-settings';
import { checkOrder, oneOfThese, wholeFrom } from './order';
import type { OrderCheck } from './order';
import { controlRoute, refuseOrder } from './route';

const MOST_DAYS = 60;

const days: OrderCheck<number[]> = (value, name) => {
  if (!Array.isArray(value)) {
    const seen = JSON.stringify(value);
    throw refuseOrder(`${name} is ${seen}: expected a list of days, such as [3, 5, 6].`, name);
  }
  return value.map((item, index) => wholeFrom(1, MOST_DAYS)(item, `${name}[${index}]`));
};

const COLLECTION = {
  retryAfterDays: days,
  subscription: oneOfThese('cancel', 'unpaid', 'past_due'),
  invoice: oneOfThese('open', 'uncollectible'),
};

const LAG = {
  summaryLagMs: wholeFrom(0),
  errorDelayMs: wholeFrom(0),
  callsPerSecond: wholeFrom(1),
  validation: oneOfThese('at_once', 'later'),
};

export const SETTINGS_CONTROLS = [
  controlRoute('GET /_sandbox/lag', ({ world }) => meterSettings(world)),
  controlRoute('POST /_sandbox/lag', ({ world }, order) =>
    setMetering(world, checkOrder(order, LAG)),
  ),
  controlRoute('GET /_sandbox/settings', ({ world }) => ({
    collection: collectionSettings(world),
  })),
  controlRoute('POST /_sandbox/settings', ({ world }, order) => ({
    collection: setCollection(world, checkOrder(order, COLLECTION)),
  })),
];
