/** What an account's settings decide at Stripe, ordered here: retries, and how they end. */
import { beliefs, setBeliefs } from '../billing/beliefs';
import { collectionSettings, setCollection } from '../billing/retries';
import { meterSettings, setMetering } from '../billing/meter-settings';
import { checkOrder, oneOfThese, wholeFrom } from './order';
import type { OrderCheck } from './order';
import type { World } from '../world';
import { controlRoute, refuseOrder } from './route';

const MOST_DAYS = 60;

const days: OrderCheck<number[]> = (value, name) => {
  if (!Array.isArray(value)) {
    const excerpt = JSON.stringify(value);
    throw refuseOrder(`${name} is ${excerpt}: expected a list of days, such as [3, 5, 6].`, name);
  }
  return value.map((item, index) => wholeFrom(1, MOST_DAYS)(item, `${name}[${index}]`));
};

const COLLECTION = {
  retryAfterDays: days,
  subscription: oneOfThese('cancel', 'unpaid', 'past_due'),
  invoice: oneOfThese('open', 'uncollectible'),
};

const BELIEFS = {
  trialUsage: oneOfThese('free', 'billed'),
  pendingUpdateUsage: oneOfThese('billed', 'left'),
  itemsPerSubscription: wholeFrom(1, 500),
  draftUsage: oneOfThese('live', 'at_finalization'),
  streamDuplicates: oneOfThese('ignored', 'reported'),
  streamIdentifiers: oneOfThese('shared', 'own'),
  undeliveredDraft: oneOfThese('finalized', 'waits'),
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
  controlRoute('GET /_sandbox/settings', ({ world }) => settingsOf(world)),
  controlRoute('POST /_sandbox/settings', ({ world }, order) => {
    const changes = checkOrder(order, { ...COLLECTION, ...BELIEFS });
    const collection = picked(changes, COLLECTION);
    if (Object.keys(collection).length > 0) setCollection(world, collection);
    setBeliefs(world, picked(changes, BELIEFS));
    return settingsOf(world);
  }),
];

const settingsOf = (world: World) => ({
  collection: collectionSettings(world),
  beliefs: beliefs(world),
});

/** The settings that both have. */
function picked<Settings extends object, Names extends object>(settings: Settings, names: Names) {
  const entries = Object.entries(settings).filter(([name]) => name in names);
  return Object.fromEntries(entries) as Pick<Settings, keyof Settings & keyof Names>;
}
