/**
 * Batches are made now and answered within a day: what they used is recorded when their results are
 * read, for the customer who made them. With the operator's key nobody else reads them.
 */
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { DomainError } from '../../../core/errors';
import type { BatchPlace, MadeBatch } from '../../../db/made-batches';
import { withMember } from '../../../sdk/json-member';
import { parseObject } from '../../../sdk/metered-call';
import { isGood, PLAIN_HEADERS } from '../ask-provider';
import type { Send } from '../ask-provider';
import { inTime } from '../meter-answer';
import { decodedBody, passMetered, passUnread } from '../pass-answer';
import type { Caller, Proxy } from '../caller';
import { readBody, readRequest } from '../request/read-body';
import { headersToCaller } from '../request/headers';
import { readRequestJson } from '../request/request-json';
import type { BatchErrand } from './batch-errand';
import { readBatchFile, requireBatchRequests, requireMetered } from './batch-input';
import { readResults } from './result-lines';

export interface BatchCall {
  readonly customer: string;
  readonly caller: Caller;
  readonly send: Send;
  /** Nobody but its maker has anything to do with it, as the key is the operator's. */
  readonly isShared: boolean;
  /** What goes on at the provider ends no more when the caller leaves. */
  letGo(): void;
}

type Json = Readonly<Record<string, unknown>>;

export async function passBatch(
  proxy: Proxy,
  errand: BatchErrand,
  batchCall: BatchCall,
): Promise<void> {
  if (errand.kind === 'results') return passResults(proxy, errand.of, batchCall);
  if (errand.kind === 'make') return passNew(proxy, batchCall);
  const { isShared, caller, customer, send } = batchCall;
  if (errand.kind === 'look') {
    if (isShared) requireOwn(customer, await proxy.madeBatches.find({ batch: errand.batch }));
    return passObject(proxy, batchCall, await send(caller.request, PLAIN_HEADERS));
  }
  if (!isShared) return pass(batchCall, await send(caller.request));
  if (errand.kind === 'upload') return passUpload(proxy, batchCall);
  const batch = await proxy.madeBatches.find({ file: errand.file });
  if (batch) requireOwn(customer, batch);
  else await proxy.ownResponses?.require({ customer, id: errand.file });
  return pass(batchCall, await send(caller.request));
}

const pass = ({ caller }: BatchCall, answer: IncomingMessage): Promise<void> =>
  passUnread(answer, answer, caller.response);

/** Says the same of another's as of what nobody made. */
function requireOwn(customer: string, batch: MadeBatch | undefined): void {
  if (batch?.customer === customer) return;
  throw new DomainError(
    'forbidden',
    "This was not made with a key of the customer's through this proxy. The files of a batch's " +
      'results are known once the batch was looked up.',
  );
}

async function passUpload(proxy: Proxy, { customer, caller, send }: BatchCall): Promise<void> {
  const { request, response, key } = caller;
  const bytes = await readRequest(request, key.id);
  const { body, contentType } = await readBatchFile(bytes, request.headers, proxy.requireModel);
  const answer = await send(body, {
    ...PLAIN_HEADERS,
    ...{ 'content-type': contentType, 'content-length': body.length },
  });
  if (!isGood(answer)) return passUnread(answer, answer, response);
  const text = await textOf(answer);
  const { id } = parseObject(text);
  if (typeof id === 'string') await inTime(proxy.ownResponses?.note({ customer, id }));
  endWith(caller, answer, text);
}

async function passNew(proxy: Proxy, batchCall: BatchCall): Promise<void> {
  const { customer, caller, send, isShared } = batchCall;
  const bytes = await readRequest(caller.request, caller.key.id);
  const { text, body } = readRequestJson(bytes, caller.request.headers);
  if (proxy.route.dialect === 'anthropic')
    await requireBatchRequests({ text, body }, proxy.requireModel);
  else if (isShared) {
    requireMetered('POST', body.endpoint);
    const id = String(body.input_file_id);
    await proxy.ownResponses?.require({ customer, id });
  }
  const answer = await send(bytes, { ...PLAIN_HEADERS, 'content-length': bytes.length });
  return passObject(proxy, batchCall, answer, async (id) => {
    await inTime(proxy.madeBatches.note({ id, customer }));
  });
}

/** What the provider says of a batch: it may say where its results are. */
async function passObject(
  proxy: Proxy,
  { caller }: BatchCall,
  answer: IncomingMessage,
  made: (id: string) => Promise<void> = async () => undefined,
): Promise<void> {
  if (!isGood(answer)) return passUnread(answer, answer, caller.response);
  const text = await textOf(answer);
  const batch = parseObject(text);
  if (typeof batch.id !== 'string') return endWith(caller, answer, text);
  await made(batch.id);
  await inTime(proxy.madeBatches.noteFiles(batch.id, filesOf(batch)));
  // Anthropic's clients ask there, and would ask the provider itself.
  const path = `/v1/messages/batches/${encodeURIComponent(batch.id)}/results`;
  const isLinked = typeof batch.results_url === 'string';
  const passingText = isLinked ? withMember(text, 'results_url', JSON.stringify(path)) : text;
  endWith(caller, answer, passingText);
}

/** OpenAI's has two files; of Anthropic's it is counted what came out. */
function filesOf(batch: Json) {
  const { output_file_id: output, error_file_id: error, status, request_counts: counts } = batch;
  const isOver = /^(failed|completed|expired|cancelled)$/.test(String(status));
  const isEnded = batch.processing_status === 'ended';
  const succeeded = (counts as { succeeded?: unknown } | null | undefined)?.succeeded;
  return {
    output: textOrNone(output),
    error: textOrNone(error),
    isWithoutResults: (isOver && !output) || (isEnded && succeeded === 0),
  };
}

const textOrNone = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

async function passResults(
  proxy: Proxy,
  of: BatchPlace['of'],
  batchCall: BatchCall,
): Promise<void> {
  const { customer, caller, send, isShared } = batchCall;
  const batch = await proxy.madeBatches.find(of);
  if (!batch && isShared && 'file' in of) {
    // What was uploaded may be read again.
    await proxy.ownResponses?.require({ customer, id: of.file });
    return pass(batchCall, await send(caller.request));
  }
  if (isShared) requireOwn(customer, batch);
  if (!batch) return pass(batchCall, await send(caller.request));
  const readAt = await proxy.madeBatches.firstRead(batch);
  const answer = await send(caller.request, PLAIN_HEADERS);
  if (!isGood(answer)) return pass(batchCall, answer);
  const results = readResults({ recorder: proxy.recorder, batch, readAt });
  // They are made and billed: they are read to their end though their caller has left.
  batchCall.letGo();
  await passMetered(answer, caller.response, {
    ...{ callId: undefined, filter: results, mayBeStream: false, signal: caller.hangUp.signal },
    recorded: () => inTime(results.recorded()),
  });
  if (results.isWhole()) await proxy.madeBatches.close(batch, of);
}

const textOf = async (answer: IncomingMessage): Promise<string> =>
  (await readBody(decodedBody(answer))).toString('utf8');

function endWith({ response }: Caller, answer: IncomingMessage, text: string): void {
  const headers: OutgoingHttpHeaders = headersToCaller(answer.headers);
  delete headers['content-encoding'];
  response.writeHead(answer.statusCode ?? 502, {
    ...headers,
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}
