/** The provider behind the proxy: connections that are kept, and how a request is sent to it. */
import { Agent as HttpAgent, request as requestHttp } from 'node:http';
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import type { Readable } from 'node:stream';
import { DomainError } from '../../core/errors';

/** So long no byte of an answer may come: models that reason are silent for minutes. */
const SILENT_MS_MAX = 15 * 60_000;

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

export function createUpstream(baseUrl: string): Upstream {
  const isSecure = new URL(baseUrl).protocol === 'https:';
  const request = isSecure ? requestHttps : requestHttp;
  const agent = new (isSecure ? HttpsAgent : HttpAgent)({ keepAlive: true });
  return {
    send: ({ url, method, headers, body, signal }) =>
      new Promise((resolve, reject) => {
        const upstreamRequest = request(url, { agent, method, headers, signal });
        upstreamRequest.once('response', resolve);
        // Stays: a connection may fail again after it was answered.
        upstreamRequest.on('error', (error) =>
          reject(error instanceof DomainError ? error : unreachable(url, error)),
        );
        upstreamRequest.setTimeout(SILENT_MS_MAX, () => upstreamRequest.destroy(silent(url)));
        if (Buffer.isBuffer(body)) {
          upstreamRequest.end(body);
          return;
        }
        // What can't be metered never reaches its end there.
        body.once('error', (error) => upstreamRequest.destroy(error));
        body.pipe(upstreamRequest);
      }),
    close: () => agent.destroy(),
  };
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
