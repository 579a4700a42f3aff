/** The sandbox's own routes under `/_sandbox/`, for tests and operators: JSON in and out. */
import type { Faults } from './faults';
import { runAccountSteps } from './billing/clocks';
import { StripeFault } from './protocol/fault';
import type { World } from './world';

export interface Control {
  world: World;
  faults: Faults;
  reset: () => void;
}

export function answerControl(
  control: Control,
  method: string,
  pathname: string,
  body: string,
): unknown {
  const { world, faults } = control;
  switch (`${method} ${pathname}`) {
    case 'GET /_sandbox/health':
      return { status: 'ok', events: world.store.all('event').length };
    case 'POST /_sandbox/reset':
      control.reset();
      return { reset: true };
    case 'GET /_sandbox/deliveries':
      return { data: deliveries(world) };
    case 'GET /_sandbox/meter-errors':
      return { data: world.store.all('meter_error') };
    case 'GET /_sandbox/faults':
      return { data: faults.list() };
    case 'POST /_sandbox/faults':
      return faults.add(parse(body));
    case 'DELETE /_sandbox/faults':
      faults.clear();
      return { cleared: true };
    case 'POST /_sandbox/fail-next-payment':
      return failNextPayment(world, parse(body));
    case 'POST /_sandbox/tick':
      runAccountSteps(world);
      return { ticked: true };
    default:
      throw new StripeFault(404, {
        type: 'invalid_request_error',
        message: `The sandbox has no ${method} ${pathname}: see its README.`,
      });
  }
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

function failNextPayment(world: World, order: unknown): unknown {
  const { customer, code = 'card_declined' } = (order ?? {}) as Record<string, unknown>;
  if (typeof customer !== 'string' || !world.store.get('customer', customer)) {
    throw new StripeFault(400, {
      type: 'invalid_request_error',
      message: `fail-next-payment needs an existing customer, got ${String(customer)}.`,
      param: 'customer',
    });
  }
  const stored = { id: customer, object: 'failing_payment', created: 0, code: String(code) };
  return world.store.put('failing_payment', stored);
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body === '' ? '{}' : body);
  } catch (error) {
    throw new StripeFault(400, {
      type: 'invalid_request_error',
      message: `The body is not JSON: ${String(error)}`,
    });
  }
}
