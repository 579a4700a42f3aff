/** The sandbox's own routes under `/_sandbox/`, for tests and operators: JSON in and out. */
import { runAccountSteps } from '../billing/clocks';
import { StripeFault } from '../protocol/fault';
import type { World } from '../world';
import { PAYMENT_CONTROLS } from './payments';
import { controlRoute, refuseOrder } from './route';
import type { Control, ControlRoute } from './route';

const GENERAL: readonly ControlRoute[] = [
  controlRoute('GET /_sandbox/health', ({ world }) => ({
    status: 'ok',
    events: world.store.all('event').length,
  })),
  controlRoute('POST /_sandbox/reset', ({ reset }) => {
    reset();
    return { reset: true };
  }),
  controlRoute('GET /_sandbox/deliveries', ({ world }) => ({ data: deliveries(world) })),
  controlRoute('GET /_sandbox/meter-errors', ({ world }) => ({
    data: world.store.all('meter_error'),
  })),
  controlRoute('GET /_sandbox/faults', ({ faults }) => ({ data: faults.list() })),
  controlRoute('POST /_sandbox/faults', ({ faults }, order) => faults.add(order)),
  controlRoute('DELETE /_sandbox/faults', ({ faults }) => {
    faults.clear();
    return { cleared: true };
  }),
  controlRoute('POST /_sandbox/tick', ({ world }) => {
    runAccountSteps(world);
    return { ticked: true };
  }),
];

const CONTROLS: readonly ControlRoute[] = [...GENERAL, ...PAYMENT_CONTROLS];

export function answerControl(
  control: Control,
  method: string,
  pathname: string,
  body: string,
): unknown {
  const found = CONTROLS.find(({ signature }) => signature === `${method} ${pathname}`);
  if (found) return found.answer(control, parse(body));
  throw new StripeFault(404, {
    type: 'invalid_request_error',
    message: `The sandbox has no ${method} ${pathname}: see its README.`,
  });
}

function deliveries(world: World): unknown[] {
  return world.store
    .all('delivery')
    .map((delivery) => ({
      ...delivery,
      url: world.store.get('webhook_endpoint', delivery.endpoint)?.url ?? null,
    }))
    .reverse();
}

function parse(body: string): Record<string, unknown> {
  try {
    const order: unknown = JSON.parse(body === '' ? '{}' : body);
    if (typeof order === 'object' && order !== null) return order as Record<string, unknown>;
  } catch (error) {
    throw refuseOrder(`The body is not JSON: ${String(error)}`);
  }
  throw refuseOrder(`The body is ${body}: expected a JSON object.`);
}
