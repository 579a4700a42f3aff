/** One of the sandbox's own routes under `/_sandbox/`: JSON (or an HTML form) in, JSON out. */
import { StripeFault } from '../protocol/fault';
import type { Exported, Snapshots } from '../snapshots';
import type { Webhooks } from '../webhooks';
import type { World } from '../world';

export interface Control {
  world: World;
  webhooks: Webhooks;
  snapshots: Snapshots;
  /** Puts this state, or none, in the place of the present one. */
  become: (state: Exported | null) => Promise<void>;
  flush: () => void;
}

export interface ControlRoute {
  /** It reads `METHOD /_sandbox/path`. */
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
