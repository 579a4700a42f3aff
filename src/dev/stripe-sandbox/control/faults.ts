/** Orders of faults, of requests and of webhooks, strictly read; and the seed of chance. */
import { ownSequence, seedCommon } from '../chance';
import { FAULT_STATUSES } from '../faults';
import { newId } from '../identifiers';
import { orderWebhookFault } from '../webhook-faults';
import type { World } from '../world';
import { accountNow } from '../world';
import type { OrderCheck } from './order';
import { aFlag, aText, checkOrder, oneOfThese, orElse, probability, texts } from './order';
import { wholeFrom } from './order';
import { controlRoute, refuseOrder } from './route';
import { FAULT_MODES, WEBHOOK_FAULTS } from '../objects-own';
import type { Fault } from '../objects-own';

const LONGEST_DELAY_MS = 24 * 3600_000;
const SEED = wholeFrom(0, 2 ** 32 - 1);
const TIMES = orElse(oneOfThese('always'), wholeFrom(1));
const METHOD = oneOfThese('GET', 'POST', 'DELETE');
const aMethod: OrderCheck<'GET' | 'POST' | 'DELETE'> = (value, name) =>
  METHOD(typeof value === 'string' ? value.toUpperCase() : value, name);
const aPattern: OrderCheck<string> = (value, name) => {
  const path = aText(value, name);
  try {
    new RegExp(path);
    return path;
  } catch (error) {
    throw refuseOrder(`${name} is no regular expression: ${String(error)}.`, name);
  }
};

const ORDER = {
  method: aMethod,
  path: aPattern,
  object: aText,
  customer: aText,
  times: TIMES,
  probability,
  seed: SEED,
  status: oneOfThese(...FAULT_STATUSES),
  code: aText,
  shouldRetry: aFlag,
  mode: oneOfThese(...FAULT_MODES),
  delayMs: wholeFrom(0, LONGEST_DELAY_MS),
};
const WEBHOOK_ORDER = {
  webhooks: oneOfThese(...WEBHOOK_FAULTS),
  types: texts,
  endpoint: aText,
  times: TIMES,
  probability,
  seed: SEED,
  delayMs: wholeFrom(1, LONGEST_DELAY_MS),
  window: wholeFrom(2, 1000),
};
const HELD_AT_MOST_MS = 2000;
const WINDOW = 5;

export const FAULT_CONTROLS = [
  controlRoute('GET /_sandbox/faults', ({ world }) => ({
    data: [...world.store.all('fault'), ...world.store.all('webhook_fault')],
  })),
  controlRoute('POST /_sandbox/faults', ({ world }, order) =>
    'webhooks' in order ? orderForWebhooks(world, order) : orderForRequests(world, order),
  ),
  controlRoute('DELETE /_sandbox/faults', ({ world, webhooks }) => clear(world, webhooks.release)),
  // What an HTML form can order.
  controlRoute('POST /_sandbox/faults/clear', ({ world, webhooks }) =>
    clear(world, webhooks.release),
  ),
  controlRoute('POST /_sandbox/seed', ({ world }, order) => {
    const { seed = 0 } = checkOrder(order, { seed: SEED }, ['seed']);
    seedCommon(world, seed);
    return { seed };
  }),
];

function clear(world: World, release: () => number): unknown {
  for (const kind of ['fault', 'webhook_fault'] as const)
    for (const fault of world.store.all(kind)) world.store.remove(kind, fault.id);
  return { cleared: true, released: release() };
}

/** `sometimes` without an end, unless one is given; else once. */
function timesOf(terms: { times?: number | 'always'; probability?: number }): number | 'always' {
  return terms.times ?? (terms.probability === undefined ? 1 : 'always');
}

function orderForRequests(world: World, order: Record<string, unknown>): Fault {
  const terms = checkOrder(order, ORDER);
  const { mode = 'before', delayMs = 0, path = null, object = null, customer = null } = terms;
  if (path === null && object === null && customer === null) {
    throw refuseOrder(
      'A fault needs a path (a prefix or a regular expression), an object (its id) or a customer.',
      'path',
    );
  }
  if (mode === 'before' && terms.status === undefined && delayMs === 0)
    throw refuseOrder('A fault that refuses (mode before) needs a status or a delayMs.', 'status');
  if (mode === 'delay' && delayMs === 0)
    throw refuseOrder('A fault that delays needs delayMs.', 'delayMs');
  if (mode !== 'before' && (terms.status ?? terms.code ?? terms.shouldRetry) !== undefined) {
    throw refuseOrder(
      `status, code and shouldRetry are for mode before; in mode ${mode} nothing is refused.`,
      'mode',
    );
  }
  const id = newId('flt');
  return world.store.put('fault', {
    id,
    object: 'fault',
    created: accountNow(world),
    method: terms.method ?? null,
    path,
    objectId: object,
    customer,
    times: timesOf(terms),
    probability: terms.probability ?? null,
    sequence: ownSequence(world, id, terms.seed ?? null),
    status: terms.status ?? null,
    code: terms.code ?? null,
    shouldRetry: terms.shouldRetry ?? null,
    mode,
    delayMs,
  });
}

function orderForWebhooks(world: World, order: Record<string, unknown>): unknown {
  const terms = checkOrder(order, WEBHOOK_ORDER, ['webhooks']);
  const { webhooks = 'drop', endpoint = null, delayMs } = terms;
  if (webhooks === 'delay' && delayMs === undefined)
    throw refuseOrder('Deliveries that come late need delayMs.', 'delayMs');
  if (delayMs !== undefined && webhooks !== 'delay' && webhooks !== 'shuffle')
    throw refuseOrder(`delayMs is for delay and shuffle, not for ${webhooks}.`, 'delayMs');
  if (terms.window !== undefined && webhooks !== 'shuffle')
    throw refuseOrder(`window is for shuffle, not for ${webhooks}.`, 'window');
  if (endpoint !== null && !isEndpoint(world, endpoint))
    throw refuseOrder(`No such webhook endpoint: ${endpoint}.`, 'endpoint');
  const window = terms.window ?? WINDOW;
  const fault = {
    id: newId('flt'),
    object: 'webhook_fault' as const,
    created: accountNow(world),
    webhooks,
    types: terms.types ?? null,
    endpoint,
    times: webhooks === 'shuffle' && !terms.times ? window : timesOf(terms),
    probability: terms.probability ?? null,
    sequence: null,
    delayMs: delayMs ?? HELD_AT_MOST_MS,
    window,
  };
  return orderWebhookFault(world, fault, terms.seed ?? null);
}

function isEndpoint(world: World, id: string): boolean {
  return (
    world.store.get('webhook_endpoint', id) !== undefined ||
    world.store.get('v2.core.event_destination', id) !== undefined
  );
}
