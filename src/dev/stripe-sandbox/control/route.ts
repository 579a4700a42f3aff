/** One of the sandbox's own routes under `/_sandbox/`: JSON in, JSON out. */
import type { Faults } from '../faults';
import { StripeFault } from '../protocol/fault';
import type { World } from '../world';

export interface Control {
  world: World;
  faults: Faults;
  reset: () => void;
}

export interface ControlRoute {
  /** `METHOD /_sandbox/path`. */
  signature: string;
  answer: (control: Control, order: Record<string, unknown>) => unknown;
}

export function controlRoute(
  signature: `${'GET' | 'POST' | 'DELETE'} /_sandbox/${string}`,
  answer: ControlRoute['answer'],
): ControlRoute {
  return { signature, answer };
}

/** A refusal that says what was ordered and what would have been understood. */
export function refuseOrder(message: string, param?: string): StripeFault {
  return new StripeFault(400, { type: 'invalid_request_error', message, param });
}
