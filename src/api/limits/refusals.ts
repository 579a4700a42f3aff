/**
 * Who was refused for what it presented: a key that is none, a signature that is wrong. It is told
 * in the log, a flood of it in a line each while, and its address has to wait when it goes on.
 */
import type { Logger } from 'pino';
import { clientAddress } from '../client-address';
import type { Exchange } from './hold-back';
import type { RequestLimits } from './request-limits';

const TELL_EVERY_MS = 10_000;

export type RefusalKind = 'wrong_key' | 'wrong_signature';

export interface Refusals {
  /** Throws `too_many_requests` where the address was refused too often just now. */
  requireGoodFaith(exchange: Exchange): Promise<void>;
  /** It is refused. Throws `too_many_requests` where that was too often. */
  note(exchange: Exchange, kind: RefusalKind): Promise<void>;
}

export interface RefusalsDeps {
  readonly limits: Pick<RequestLimits, 'requireOfAddress' | 'requireGoodFaith'>;
  readonly log: Logger;
  readonly countRefused: (reason: RefusalKind) => void;
}

/** The log has never what was presented. */
export function createRefusals({ limits, log, countRefused }: RefusalsDeps): Refusals {
  let requests = 0;
  let lastAddress = '';
  let timer: NodeJS.Timeout | undefined;

  const tell = (): void => {
    timer = undefined;
    if (requests === 0) return;
    log.warn({ requests, lastAddress }, 'requests with wrong keys or signatures were refused');
    requests = 0;
    timer = setTimeout(tell, TELL_EVERY_MS).unref();
  };

  return {
    requireGoodFaith: limits.requireGoodFaith,
    note: async (exchange, kind) => {
      countRefused(kind);
      requests += 1;
      lastAddress = clientAddress(exchange.request);
      if (timer === undefined) tell();
      await limits.requireOfAddress('refusals', exchange);
    },
  };
}
