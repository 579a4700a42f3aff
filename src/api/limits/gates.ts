/** What stands before every route: keys, how often each may ask, and what a body is read by. */
import express from 'express';
import type { RequestHandler } from 'express';
import type { ApiMetrics } from '../../metrics/api-metrics';
import type { ApiDeps } from '../deps';
import { createKeyring } from '../http/keyring';
import type { Keyring } from '../http/keyring';
import { createHoldBack } from './hold-back';
import { createRefusals } from './refusals';
import type { Refusals } from './refusals';
import { createRequestLimits } from './request-limits';
import type { LimitSettings, RequestLimits } from './request-limits';

export interface Gates {
  readonly keyring: Keyring;
  readonly limits: RequestLimits;
  readonly refusals: Refusals;
  /** Whoever guards a route by itself puts it behind that. */
  readonly parseBody: RequestHandler;
}

type GatesDeps = Pick<ApiDeps, 'pool' | 'log' | 'heldMs'> & { readonly config: LimitSettings };

export function createGates(
  { pool, log, config, heldMs }: GatesDeps,
  { countRefused }: Pick<ApiMetrics, 'countRefused'>,
): Gates {
  const holdBack = createHoldBack(heldMs);
  const limits = createRequestLimits({ settings: config, holdBack, countRefused });
  const refusals = createRefusals({ limits, log, countRefused });
  const parseBody = parseInTime(express.json());
  const keyring = createKeyring({ pool, limits, refusals, parseBody });
  return { keyring, limits, refusals, parseBody };
}

/** Such a body has 100 kB at most: whoever needs longer for it holds a connection open. */
const BODY_MS_MAX = 30_000;

function parseInTime(parse: RequestHandler): RequestHandler {
  return (request, response, next) => {
    if (request.complete || request.headers['content-length'] === '0')
      return parse(request, response, next);
    const timer = setTimeout(() => request.destroy(), BODY_MS_MAX).unref();
    return parse(request, response, (error?: unknown) => {
      clearTimeout(timer);
      next(error);
    });
  };
}
