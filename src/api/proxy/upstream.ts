/** The provider behind the proxy: connections that are kept, and how a request is sent to it. */
import { Agent as HttpAgent, request as requestHttp } from 'node:http';
import type { IncomingMessage, OutgoingHttpHeaders, RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import type { Readable } from 'node:stream';
import { DomainError } from '../../core/errors';

/** So long no byte of an answer may come: models that reason are silent for minutes. */
const SILENT_MS_MAX = 15 * 60_000;

/**
 * A connection that nobody uses is closed before the provider does it: servers of Node and Python
 * wait 5 seconds, and what is sent as they close is lost.
 */
const IDLE_MS_MAX = 4_000;
/** They may be asked twice; a model would answer twice, and be paid for it. */
const REPEATABLE = ['GET', 'HEAD'];

export interface UpstreamRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Buffer | Readable;
  readonly signal: AbortSignal;
}

export interface Upstream {
  /**
   * Gives its answer as soon as that begins. Throws `upstream_unreachable` or `upstream_timeout`.
   */
  send(request: UpstreamRequest): Promise<IncomingMessage>;
  close(): void;
}

export function createUpstream(baseUrl: string, idleMs = IDLE_MS_MAX): Upstream {
  const isSecure = new URL(baseUrl).protocol === 'https:';
  const agent = new (isSecure ? HttpsAgent : HttpAgent)({ keepAlive: true, timeout: idleMs });
  const open = isSecure ? requestHttps : requestHttp;
  const send = (request: UpstreamRequest, connection: RequestOptions['agent']) =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const { url, method, headers, body, signal } = request;
      const upstreamRequest = open(url, { agent: connection, method, headers, signal });
      upstreamRequest.once('response', resolve);
      // Stays: a connection may fail again after it was answered.
      upstreamRequest.on('error', (error: NodeJS.ErrnoException) => {
        if (error instanceof DomainError) return reject(error);
        const wasClosed = upstreamRequest.reusedSocket && error.code === 'ECONNRESET';
        const isRepeatable = REPEATABLE.includes(method) && Buffer.isBuffer(body);
        if (!wasClosed || !isRepeatable || signal.aborted) return reject(unreachable(url, error));
        // A new connection is not reused, so that it is tried once more and never again.
        send(request, false).then(resolve, reject);
      });
      upstreamRequest.setTimeout(SILENT_MS_MAX, () => upstreamRequest.destroy(silent(url)));
      if (Buffer.isBuffer(body)) {
        upstreamRequest.end(body);
        return;
      }
      // What can't be metered never reaches its end there.
      body.once('error', (error) => upstreamRequest.destroy(error));
      body.pipe(upstreamRequest);
    });
  return { send: (request) => send(request, agent), close: () => agent.destroy() };
}

function unreachable({ host }: URL, cause: Error): DomainError {
  const { code = cause.name } = cause as NodeJS.ErrnoException;
  const error = new DomainError(
    'upstream_unreachable',
    `The provider at ${host} did not answer (${code}). Send the request again.`,
  );
  error.cause = cause;
  return error;
}

const silent = ({ host }: URL): DomainError =>
  new DomainError(
    'upstream_timeout',
    `The provider at ${host} was silent for ${SILENT_MS_MAX / 60_000} minutes.`,
  );
