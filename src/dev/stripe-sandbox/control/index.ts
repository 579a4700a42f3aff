/** The sandbox's own routes under `/_sandbox/`, for tests and operators: JSON in and out. */
import { runAccountSteps } from '../billing/clocks';
import { StripeFault } from '../protocol/fault';
import { CHECKOUT_CONTROLS } from './checkout';
import { CLOCK_CONTROLS } from './clocks';
import { DELIVERY_CONTROLS } from './deliveries';
import { DISCOUNT_CONTROLS } from './discounts';
import { FAULT_CONTROLS } from './faults';
import { MONEY_CONTROLS } from './money';
import { PAYMENT_CONTROLS } from './payments';
import { controlRoute, refuseOrder } from './route';
import type { Control, ControlRoute } from './route';
import { SETTINGS_CONTROLS } from './settings';
import { STATE_CONTROLS } from './state';

const GENERAL: readonly ControlRoute[] = [
  controlRoute('GET /_sandbox/health', ({ world }) => ({
    status: 'ok',
    events: world.store.count('event'),
    pendingDeliveries: world.store.where('delivery', 'pending', 'pending').length,
  })),
  controlRoute('GET /_sandbox/meter-errors', ({ world }) => ({
    data: world.store.all('meter_error'),
  })),
  controlRoute('POST /_sandbox/tick', ({ world }) => {
    runAccountSteps(world);
    return { ticked: true };
  }),
];

const CONTROLS: readonly ControlRoute[] = [
  ...GENERAL,
  ...CHECKOUT_CONTROLS,
  ...CLOCK_CONTROLS,
  ...STATE_CONTROLS,
  ...FAULT_CONTROLS,
  ...DELIVERY_CONTROLS,
  ...DISCOUNT_CONTROLS,
  ...PAYMENT_CONTROLS,
  ...MONEY_CONTROLS,
  ...SETTINGS_CONTROLS,
];

export async function answerControl(
  control: Control,
  method: string,
  url: URL,
  order: Record<string, unknown>,
): Promise<unknown> {
  const route = CONTROLS.find(({ signature }) => signature === `${method} ${url.pathname}`);
  if (route) {
    const query = Object.fromEntries(url.searchParams);
    return await route.answer(control, { ...query, ...order });
  }
  throw new StripeFault(404, {
    type: 'invalid_request_error',
    message: `The sandbox has no ${method} ${url.pathname}: see its README.`,
  });
}

export function readOrder(body: string): Record<string, unknown> {
  try {
    const order: unknown = JSON.parse(body === '' ? '{}' : body);
    if (typeof order === 'object' && order !== null) return order as Record<string, unknown>;
  } catch (error) {
    throw refuseOrder(`The body is not JSON: ${String(error)}`);
  }
  throw refuseOrder(`The body is ${body}: expected a JSON object.`);
}
