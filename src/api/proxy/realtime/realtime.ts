/**
 * Sessions of OpenAI's Realtime API: a websocket for which the caller is looked at as for a call,
 * before anything is upgraded, and whose responses are recorded one by one.
 */
import { setMaxListeners } from 'node:events';
import { ServerResponse } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import type { Logger } from 'pino';
import { DomainError } from '../../../core/errors';
import { createTally } from '../../../core/tally';
import type { Keyring } from '../../http/keyring';
import type { UpgradeRequest } from '../../without-upgrade';
import { inTime } from '../meter-answer';
import { passUnread } from '../pass-answer';
import { payerOf } from '../caller';
import type { Proxy } from '../caller';
import { proxyErrorOf, sendProxyError } from '../proxy-error';
import { headersToProvider } from '../request/headers';
import { targetOf } from '../request/target';
import { dial } from './dial';
import { MESSAGE_BYTES_MAX, pump } from './pump';
import type { Passing } from './pump';
import { paceSession } from './session-pace';
import { watchSession } from './session-usage';

/** Each has two sockets, and a message on its way. */
const SESSIONS_MAX = 1_000;
const SESSIONS_OF_KEY_MAX = 100;

export interface RealtimeDeps {
  readonly keyring: Keyring;
  readonly log: Logger;
}

export interface Realtime {
  /** Whether it is the one path that is upgraded. */
  isSession(request: IncomingMessage, proxy: Proxy): boolean;
  open(proxy: Proxy, upgrade: UpgradeRequest): void;
  /** Ends all sessions, and records what they used. */
  close(): Promise<void>;
}

export function createRealtime(deps: RealtimeDeps): Realtime {
  const closing = new AbortController();
  // Each session listens.
  setMaxListeners(0, closing.signal);
  const sessions = new Set<Promise<void>>();
  const ofKey = createTally();
  const run = async (proxy: Proxy, upgrade: UpgradeRequest): Promise<void> => {
    const { request, socket } = upgrade;
    const response = answering(request, socket);
    try {
      if (closing.signal.aborted) throw stopping();
      const { key, secret } = await deps.keyring.identify({ request, response }, 'proxy');
      const isFull = sessions.size > SESSIONS_MAX || ofKey.of(key.id) >= SESSIONS_OF_KEY_MAX;
      if (isFull) throw tooMany();
      const customer = payerOf(proxy.route, { key, secret });
      ofKey.add(key.id, 1);
      const session = { proxy, customer, secret, upgrade, response, signal: closing.signal };
      await hold(session, deps).finally(() => ofKey.add(key.id, -1));
    } catch (error) {
      sendProxyError(response, error, { dialect: proxy.route.dialect, log: deps.log });
    }
  };
  return {
    isSession: ({ method, headers, url = '' }, { route }) => {
      const path = url.split('?')[0]?.slice(route.prefix.length);
      const isWebsocket = headers.upgrade?.toLowerCase() === 'websocket';
      return method === 'GET' && isWebsocket && route.dialect === 'openai' && path === '/realtime';
    },
    open: (proxy, upgrade) => {
      const session = run(proxy, upgrade).finally(() => sessions.delete(session));
      sessions.add(session);
    },
    close: async () => {
      closing.abort();
      await Promise.all(sessions);
    },
  };
}

/** An answer where no session comes about. */
function answering(request: IncomingMessage, socket: Duplex): ServerResponse {
  // Whoever has left breaks what is written to it.
  socket.on('error', () => undefined);
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket as Socket);
  response.once('finish', () => socket.end());
  return response;
}

interface Session {
  readonly proxy: Proxy;
  readonly customer: string;
  readonly secret: string;
  readonly upgrade: UpgradeRequest;
  readonly response: ServerResponse;
  readonly signal: AbortSignal;
}

async function hold(session: Session, { keyring, log }: RealtimeDeps): Promise<void> {
  const { proxy, customer, secret, upgrade, response, signal } = session;
  const { request, socket } = upgrade;
  const { url } = targetOf(String(request.url), 'GET', proxy.route);
  const model = url.searchParams.get('model') ?? url.searchParams.get('deployment') ?? '';
  proxy.requireModel?.(model);
  const hangUp = new AbortController();
  const left = () => hangUp.abort();
  socket.once('close', left);
  const eitherEnd = AbortSignal.any([signal, hangUp.signal]);
  await proxy.pacer.take(customer, { response, signal: eitherEnd });
  const headers = headersToProvider(request.headers, { ...proxy.route, secret });
  const protocols = protocolsOf(request, secret);
  const line = await dial({ url, protocols, headers, signal: eitherEnd });
  if (line.kind === 'refused') return passUnread(line.answer, line.answer, response);
  const { provider } = line;
  socket.once('close', () => provider.terminate());
  const client = await upgraded(upgrade, response, provider.protocol);
  const usage = watchSession({ recorder: proxy.recorder, customer, model });
  const tell = (error: unknown): void => {
    const { body } = proxyErrorOf(error, { dialect: proxy.route.dialect, log });
    client.send(JSON.stringify({ type: 'error', ...body }));
  };
  const pace = paceSession({
    // What it is told stood in the answer's headers.
    take: () =>
      proxy.pacer.take(customer, { response: { setHeader: () => response }, signal: eitherEnd }),
    tell,
    cancel: (id) => provider.send(JSON.stringify({ type: 'response.cancel', response_id: id })),
  });
  const fromClient = ({ text }: Passing) => pace.fromClient(text);
  const fromProvider = async ({ text }: Passing): Promise<void> => {
    await inTime(usage.received(text));
    await pace.fromProvider(text);
  };
  const whyNot = async (): Promise<string | undefined> => {
    try {
      const key = await keyring.lookAgain(secret);
      return void payerOf(proxy.route, { key, secret });
    } catch (error) {
      // Whether it may can't be looked at: whoever was let in stays.
      if (!(error instanceof DomainError) || error.code === 'ledger_unavailable') return undefined;
      tell(error);
      return error.code;
    }
  };
  await pump({ client, provider, fromClient, fromProvider, whyNot }, signal);
  await inTime(usage.ended());
}

/** Browsers put their key among them: no provider is to get one of ours. */
const protocolsOf = ({ headers }: IncomingMessage, secret: string): string[] =>
  (headers['sec-websocket-protocol'] ?? '')
    .split(',')
    .map((protocol) => protocol.trim())
    .filter((name) => name !== '' && !/api-key/i.test(name) && !name.includes(secret));

function upgraded(
  { request, socket, head }: UpgradeRequest,
  response: ServerResponse,
  protocol: string,
): Promise<WebSocket> {
  const server = new WebSocketServer({
    ...{ noServer: true, clientTracking: false, perMessageDeflate: false },
    maxPayload: MESSAGE_BYTES_MAX,
    handleProtocols: () => protocol || false,
  });
  const headers = Object.entries(response.getHeaders());
  server.on('headers', (lines) => {
    for (const [name, value] of headers) lines.push(`${name}: ${String(value)}`);
  });
  response.detachSocket(socket as Socket);
  return new Promise((resolve, reject) => {
    socket.once('close', () => reject(stopping()));
    server.handleUpgrade(request, socket, head, resolve);
  });
}

const stopping = (): DomainError =>
  new DomainError('ledger_unavailable', 'This process is stopping. Open the session again.');

const tooMany = (): DomainError =>
  new DomainError(
    'too_many_requests',
    `There are too many sessions: expected ${SESSIONS_OF_KEY_MAX} of a key, and ${SESSIONS_MAX} of ` +
      'a process, at most. Close some.',
  );
