/**
 * /openai/v1/*: OpenAI's API for apps that change only their base URL. What passes and is
 * paid for by tokens is recorded for the customer whose key it is. Off without an upstream.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { DomainError } from '../../core/errors';
import type { Catalog } from '../../core/plans/catalog';
import type { Keyring } from '../http/keyring';
import { sendProblem } from '../http/problems';
import { createCallRecorder } from './call-recorder';
import type { CallRecorderDeps } from './call-recorder';
import { createOwnResponses } from './own-responses';
import { createPacer } from './pacer';
import type { ReadAccess } from './pacer';
import { passCall } from './pass-call';
import { requireKnownModel } from './models-passed';
import { sendProxyError } from './proxy-error';
import { createUpstream } from './upstream';

/** Calls under way may take so long when the API is stopped. */
const CLOSE_MS = 5_000;
const SEND_REST_MS = 2_000;

export interface OpenAIProxyConfig {
  readonly OPENAI_UPSTREAM_URL?: string;
  readonly OPENAI_UPSTREAM_API_KEY?: string;
  readonly OPENAI_SPOOL_DIRECTORY?: string;
  readonly OPENAI_PASS?: 'metered' | 'all';
  readonly OPENAI_MODELS?: 'any' | 'known';
}

export interface OpenAIProxyDeps extends CallRecorderDeps {
  readonly keyring: Keyring;
  readonly config: OpenAIProxyConfig;
  readonly catalog: Catalog;
  /** A customer's access as the app is advised of it; undefined: there is no such customer. */
  readonly readAccess: ReadAccess;
}

export interface OpenAIProxy {
  readonly listener: RequestListener;
  /** Usage on the disk that is not in the ledger yet. */
  waitingEvents(): number;
  /** Breaks off calls that take too long, and records what they used. */
  close(): Promise<void>;
}

export function createOpenAIProxy(deps: OpenAIProxyDeps): OpenAIProxy {
  const { OPENAI_UPSTREAM_URL: upstreamUrl, OPENAI_SPOOL_DIRECTORY: directory } = deps.config;
  if (upstreamUrl === undefined || directory === undefined) return switchedOff(deps);
  const upstreamKey = deps.config.OPENAI_UPSTREAM_API_KEY;
  const passesAll = deps.config.OPENAI_PASS === 'all';
  const upstream = createUpstream(upstreamUrl);
  const recorder = createCallRecorder(deps, directory);
  const pacer = createPacer(deps.readAccess, deps.log);
  const isShared = upstreamKey !== undefined && !passesAll;
  const ownResponses = isShared ? createOwnResponses(deps.pool, deps.log) : undefined;
  const requireModel =
    deps.config.OPENAI_MODELS === 'known' ? requireKnownModel(deps.catalog) : undefined;
  const settings = { upstreamUrl, upstreamKey, passesAll, requireModel };
  const proxy = { upstream, recorder, pacer, ownResponses, ...settings };
  const underWay = new Map<AbortController, Promise<void>>();
  let isClosing = false;

  const take = async (
    request: IncomingMessage,
    response: ServerResponse,
    hangUp: AbortController,
  ): Promise<void> => {
    try {
      if (isClosing) throw closing();
      const { key, secret } = await deps.keyring.identify({ request, response }, 'proxy');
      await passCall(proxy, { key, secret, request, response, hangUp });
    } catch (error) {
      sendProxyError(response, error, deps.log);
    }
  };

  return {
    listener: (request, response) => {
      const hangUp = new AbortController();
      const call = take(request, response, hangUp).finally(() => underWay.delete(hangUp));
      underWay.set(hangUp, call);
    },
    waitingEvents: () => recorder.waitingEvents,
    close: async () => {
      isClosing = true;
      const timer = setTimeout(() => {
        for (const hangUp of underWay.keys()) hangUp.abort();
      }, CLOSE_MS);
      await Promise.all(underWay.values());
      clearTimeout(timer);
      await recorder.close({ timeoutMs: SEND_REST_MS });
      upstream.close();
    },
  };
}

function switchedOff({ log }: OpenAIProxyDeps): OpenAIProxy {
  return {
    listener: (_request, response) => {
      const message =
        'The proxy for OpenAI is off: set OPENAI_UPSTREAM_URL (https://api.openai.com/v1) and ' +
        'OPENAI_SPOOL_DIRECTORY, and restart the API.';
      sendProblem(response, new DomainError('openai_proxy_off', message), log);
    },
    waitingEvents: () => 0,
    close: async () => undefined,
  };
}

const closing = (): DomainError =>
  new DomainError('ledger_unavailable', 'This process is stopping. Send the request again.');
