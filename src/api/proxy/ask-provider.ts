/** What is sent to a provider: the call as it came, but that a stream is asked for its usage. */
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import { askingForUsage, callOf, modelInPath, refusesUsage } from '../../sdk/metered-call';
import type { Endpoint, MeteredCall } from '../../sdk/metered-call';
import { readUpload } from './request/form-model';
import { readBody, readRequest, requireUncompressed } from './request/read-body';
import { NO_BODY, readRequestJson } from './request/request-json';
import type { Target } from './request/target';

export interface Exchange {
  readonly call: MeteredCall;
  readonly answer: IncomingMessage;
  /** The body of the answer, if it is not a good one. */
  readonly body: Readable;
  readonly hidesUsage: boolean;
}

export type Send = (
  body: Buffer | Readable,
  more?: OutgoingHttpHeaders,
) => Promise<IncomingMessage>;

export interface Steps {
  /** Throws what `Upstream.send` does. */
  readonly send: Send;
  /** Throws where the call is not to be made. */
  requireMayAsk(body: Readonly<Record<string, unknown>>, call: MeteredCall): Promise<void>;
}

export interface Asking {
  readonly request: IncomingMessage;
  /** The key's id: what is read for it counts together. */
  readonly owner: string;
}

export const isGood = ({ statusCode = 0 }: IncomingMessage): boolean =>
  statusCode >= 200 && statusCode < 300;

/** What is read here has to come as it is. */
export const PLAIN_HEADERS = { 'accept-encoding': 'identity' };

/** The call is metered. Throws `UnreadableBody`, too. */
export async function askProvider(
  { endpoint, method, url }: Target & { endpoint: Endpoint },
  { request, owner }: Asking,
  { send, requireMayAsk }: Steps,
): Promise<Exchange> {
  const isUpload = /^multipart\//i.test(request.headers['content-type'] ?? '');
  if (isUpload && (endpoint === 'audio' || endpoint === 'images')) {
    requireUncompressed(request);
    const upload = readUpload(request);
    const answer = await send(upload.body, PLAIN_HEADERS);
    const call = callOf(endpoint, method, {}, upload.model() ?? modelInPath(url.pathname));
    return { call, answer, body: answer, hidesUsage: false };
  }
  const sentBody = await readRequest(request, owner);
  const { text, body } = method === 'GET' ? NO_BODY : readRequestJson(sentBody, request.headers);
  const call = callOf(endpoint, method, body, modelInPath(url.pathname));
  await requireMayAsk(body, call);
  const sendBody = (body: Buffer) =>
    send(body, { ...PLAIN_HEADERS, ...(method !== 'GET' && { 'content-length': body.length }) });
  const askingBody = askingForUsage(call, text);
  const answer = await sendBody(askingBody === undefined ? sentBody : Buffer.from(askingBody));
  if (askingBody === undefined || (answer.statusCode !== 400 && answer.statusCode !== 422))
    return { call, answer, body: answer, hidesUsage: askingBody !== undefined };
  const refusal = await readBody(answer);
  // A provider that does not know it gets the request as the app made it.
  const isUnknown = refusesUsage(refusal.toString('utf8'));
  const secondAnswer = isUnknown ? await sendBody(sentBody) : answer;
  const answerBody = isUnknown ? secondAnswer : Readable.from([refusal]);
  return { call, answer: secondAnswer, body: answerBody, hidesUsage: false };
}
