/** The provider's side of a session: opened before the caller is told that there is one. */
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { WebSocket } from 'ws';
import { DomainError } from '../../../core/errors';
import { MESSAGE_BYTES_MAX } from './pump';

const HANDSHAKE_MS_MAX = 15_000;

export type Dialled =
  | { readonly kind: 'open'; readonly provider: WebSocket }
  /** It answers as it would a request. */
  | { readonly kind: 'refused'; readonly answer: IncomingMessage };

export interface Dial {
  /** It is of HTTP, as the route has it. */
  readonly url: URL;
  readonly protocols: readonly string[];
  readonly headers: OutgoingHttpHeaders;
  readonly signal: AbortSignal;
}

/** What is opened is paused. Throws `upstream_unreachable`. */
export function dial({ url, protocols, headers, signal }: Dial): Promise<Dialled> {
  const address = new URL(url);
  address.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  const provider = new WebSocket(address, [...protocols], {
    headers: Object.fromEntries(
      Object.entries(headers).filter(([name]) => !name.startsWith('sec-websocket-')),
    ) as Record<string, string>,
    handshakeTimeout: HANDSHAKE_MS_MAX,
    maxPayload: MESSAGE_BYTES_MAX,
    // What is unpacked may be a thousand times as long.
    perMessageDeflate: false,
  });
  const left = () => provider.terminate();
  signal.addEventListener('abort', left, { once: true });
  return new Promise<Dialled>((resolve, reject) => {
    provider.once('open', () => {
      // What it says first waits until somebody listens.
      provider.pause();
      resolve({ kind: 'open', provider });
    });
    provider.once('unexpected-response', (_request, answer: IncomingMessage) =>
      resolve({ kind: 'refused', answer }),
    );
    provider.on('error', (cause: NodeJS.ErrnoException) => {
      const error = new DomainError(
        'upstream_unreachable',
        `The provider at ${url.host} took no session (${cause.code ?? cause.message}). Try again.`,
      );
      error.cause = cause;
      reject(error);
    });
  }).finally(() => signal.removeEventListener('abort', left));
}
