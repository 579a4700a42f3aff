/**
 * The APIs of providers for apps that change only their base URL: /openai/v1/*, /anthropic/v1/* and
 * the operator's own /upstreams/{name}/v1/*. What passes and is paid for by tokens is recorded for
 * the customer whose key it is. Each is off without an upstream.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { DomainError } from '../../core/errors';
import type { Catalog } from '../../core/plans/catalog';
import type { Keyring } from '../http/keyring';
import { sendProblem } from '../http/problems';
import type { UpgradeRequest } from '../without-upgrade';
import { createCallRecorder } from './call-recorder';
import type { CallRecorderDeps } from './call-recorder';
import { createMadeBatches } from './batches/made-batches';
import { createOwnResponses } from './own-responses';
import { createPacer } from './pacer';
import type { ReadAccess } from './pacer';
import { passCall } from './pass-call';
import type { Proxy } from './caller';
import { requireKnownModel } from './models-passed';
import { sendProxyError } from './proxy-error';
import { isForProvider, routesOf } from './route';
import type { Route, RouteSettings } from './route';
import { createRealtime } from './realtime/realtime';
import { createUpstream } from './upstream';

/** Calls under way may take so long when the API is stopped. */
const CLOSE_MS = 5_000;
const SEND_REST_MS = 2_000;

export interface ModelProxyConfig extends RouteSettings {
  readonly OPENAI_SPOOL_DIRECTORY?: string;
  readonly OPENAI_PASS?: 'metered' | 'all';
  readonly OPENAI_MODELS?: 'any' | 'known';
}

export interface ModelProxyDeps extends CallRecorderDeps {
  readonly keyring: Keyring;
  readonly config: ModelProxyConfig;
  readonly catalog: Catalog;
  /** A customer's access as the app is advised of it; undefined: there is no such customer. */
  readonly readAccess: ReadAccess;
}

export interface ModelProxy {
  /** undefined: it is none of the proxy's paths. */
  listenerFor(request: IncomingMessage): RequestListener | undefined;
  /** Returns whether it is a session of the realtime API, which it then takes over. */
  openSession(upgrade: UpgradeRequest): boolean;
  /** Usage on the disk that is not in the ledger yet. */
  waitingEvents(): number;
  /** Breaks off calls that take too long, and records what they used. */
  close(): Promise<void>;
}

export function createModelProxy(deps: ModelProxyDeps): ModelProxy {
  const { OPENAI_SPOOL_DIRECTORY: directory } = deps.config;
  const routes = routesOf(deps.config);
  const off: RequestListener = (request, response) =>
    sendProblem(response, switchedOff(request.url), deps.log);
  const [first] = routes;
  if (directory === undefined || first === undefined)
    return {
      listenerFor: ({ url }) => (isForProvider(url) ? off : undefined),
      openSession: () => false,
      waitingEvents: () => 0,
      close: async () => undefined,
    };
  const recorder = createCallRecorder(deps, directory);
  const proxies = proxiesOf(deps, routes, recorder);
  const calls = createCalls(deps);
  const realtime = createRealtime(deps);
  const proxyFor = ({ url = '' }: IncomingMessage) =>
    proxies.find(({ route }) => isBelow(route, url));
  return {
    listenerFor: (request) => {
      if (!isForProvider(request.url)) return undefined;
      const proxy = proxyFor(request);
      return proxy ? calls.listenerOf(proxy) : off;
    },
    openSession: (upgrade) => {
      const proxy = proxyFor(upgrade.request);
      if (!proxy || !realtime.isSession(upgrade.request, proxy)) return false;
      realtime.open(proxy, upgrade);
      return true;
    },
    waitingEvents: () => recorder.waitingEvents,
    close: async () => {
      await Promise.all([calls.close(), realtime.close()]);
      await recorder.close({ timeoutMs: SEND_REST_MS });
      for (const { upstream } of proxies) upstream.close();
    },
  };
}

const isBelow = ({ prefix }: Route, url: string): boolean =>
  url.startsWith(prefix) && /^(?:[/?]|$)/.test(url.slice(prefix.length));

function proxiesOf(
  { config, catalog, pool, log, readAccess }: ModelProxyDeps,
  routes: readonly Route[],
  recorder: Proxy['recorder'],
): Proxy[] {
  const passesAll = config.OPENAI_PASS === 'all';
  const pacer = createPacer(readAccess, log);
  const requireModel = config.OPENAI_MODELS === 'known' ? requireKnownModel(catalog) : undefined;
  return routes.map((route): Proxy => {
    const isShared = route.upstreamKey !== undefined && !passesAll;
    const ownResponses = isShared ? createOwnResponses(pool, log, route.name) : undefined;
    const upstream = createUpstream(route.upstreamUrl);
    const madeBatches = createMadeBatches(pool, log, route.name);
    return { route, madeBatches, upstream, recorder, pacer, ownResponses, passesAll, requireModel };
  });
}

/** Calls under way, and the door for new ones. */
function createCalls({ keyring, log }: Pick<ModelProxyDeps, 'keyring' | 'log'>) {
  const underWay = new Map<AbortController, Promise<void>>();
  let isClosing = false;
  const take = async (
    proxy: Proxy,
    request: IncomingMessage,
    response: ServerResponse,
    hangUp: AbortController,
  ): Promise<void> => {
    try {
      if (isClosing) throw closing();
      const { key, secret } = await keyring.identify({ request, response }, 'proxy');
      await passCall(proxy, { key, secret, request, response, hangUp });
    } catch (error) {
      sendProxyError(response, error, { dialect: proxy.route.dialect, log });
    }
  };
  return {
    listenerOf:
      (proxy: Proxy): RequestListener =>
      (request, response) => {
        const hangUp = new AbortController();
        const call = take(proxy, request, response, hangUp).finally(() => underWay.delete(hangUp));
        underWay.set(hangUp, call);
      },
    close: async () => {
      isClosing = true;
      const timer = setTimeout(() => {
        for (const hangUp of underWay.keys()) hangUp.abort();
      }, CLOSE_MS);
      await Promise.all(underWay.values());
      clearTimeout(timer);
    },
  };
}

function switchedOff(url = ''): DomainError {
  const [, kind = ''] = url.split('/');
  if (kind === 'openai')
    return new DomainError(
      'openai_proxy_off',
      'The proxy for OpenAI is off: set OPENAI_UPSTREAM_URL (https://api.openai.com/v1) and ' +
        'OPENAI_SPOOL_DIRECTORY, and restart the API.',
    );
  const todo =
    kind === 'anthropic' ? 'ANTHROPIC_UPSTREAM_URL (https://api.anthropic.com/v1)' : 'UPSTREAMS';
  const message = `There is no such upstream: set ${todo} and OPENAI_SPOOL_DIRECTORY, and restart the API.`;
  return new DomainError('not_found', message);
}

const closing = (): DomainError =>
  new DomainError('ledger_unavailable', 'This process is stopping. Send the request again.');
