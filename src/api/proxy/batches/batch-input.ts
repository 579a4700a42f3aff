/**
 * The requests of a batch, each of them read as a call by itself would be: what is not metered in a
 * call is not let in by the thousand. A file is handed on as it was read, and no other way.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { endpointOf, isObject } from '../../../sdk/metered-call';
import { readRequestJson, requireNamesOnceAnywhere, UnreadableBody } from '../request/request-json';

type Json = Readonly<Record<string, unknown>>;

/** Throws for a model that is not passed on. */
export type RequireModel = ((model: string) => void) | undefined;

/** So much is read at once: calls of others go on in between. */
const TURN_CHARACTERS = 256 * 1024;
const TAKEN_FIELDS = ['file', 'purpose', 'expires_after[anchor]', 'expires_after[seconds]'];
/** They go on with what the provider has stored, of whomever; or are answered elsewhere. */
const KEPT_ELSEWHERE = ['previous_response_id', 'conversation'];

export interface BatchFile {
  readonly body: Buffer;
  readonly contentType: string;
}

/** OpenAI's upload. Throws `UnreadableBody`, or what `requireModel` does. */
export async function readBatchFile(
  bytes: Buffer,
  headers: IncomingHttpHeaders,
  requireModel: RequireModel,
): Promise<BatchFile> {
  const form = await formOf(bytes, headers['content-type'] ?? '');
  const unknownField = [...form.keys()].find((name) => !TAKEN_FIELDS.includes(name));
  if (unknownField !== undefined)
    throw new UnreadableBody(`it has the field ${JSON.stringify(unknownField)}`);
  const [purpose, ...otherPurposes] = form.getAll('purpose');
  if (purpose !== 'batch' || otherPurposes.length > 0)
    throw new UnreadableBody(`its purpose is ${JSON.stringify(purpose)}, and only batch passes`);
  const [file, ...otherFiles] = form.getAll('file');
  if (!(file instanceof File) || otherFiles.length > 0)
    throw new UnreadableBody('it has no file, or several');
  await requireLines(await textOf(file), requireModel);
  // Made anew: whatever another reader would have found in it is gone.
  const encoded = new Response(form);
  const contentType = encoded.headers.get('content-type') ?? '';
  return { body: Buffer.from(await encoded.arrayBuffer()), contentType };
}

async function formOf(bytes: Buffer, type: string): Promise<FormData> {
  try {
    return await new Response(bytes, { headers: { 'content-type': type } }).formData();
  } catch {
    throw new UnreadableBody('it is no upload that can be read');
  }
}

async function textOf(file: File): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      await file.arrayBuffer(),
    );
  } catch {
    throw new UnreadableBody('its file is not UTF-8');
  }
}

async function requireLines(text: string, requireModel: RequireModel): Promise<void> {
  let readCharacters = 0;
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    requireLine(line, requireModel);
    readCharacters += line.length;
    if (readCharacters < TURN_CHARACTERS) continue;
    readCharacters = 0;
    await nextTurn();
  }
}

function requireLine(line: string, requireModel: RequireModel): void {
  const { method, url, body } = readRequestJson(Buffer.from(line), {}).body;
  requireNamesOnceAnywhere(line);
  requireMetered(method, url);
  requireCall(body, requireModel);
}

/** A batch is of one endpoint, and its lines each say which. Throws `UnreadableBody`. */
export function requireMetered(method: unknown, url: unknown): void {
  const isPlain = typeof url === 'string' && /^\/v1(\/[\w-]+)+$/.test(url);
  if (method === 'POST' && isPlain && endpointOf(url, method) !== undefined) return;
  const request = `${JSON.stringify(method)} ${JSON.stringify(url)}`;
  throw new UnreadableBody(`it has ${request}, which is not metered`);
}

/** What Anthropic is sent. Throws as the other one does. */
export async function requireBatchRequests(
  { text, body }: { readonly text: string; readonly body: Json },
  requireModel: RequireModel,
): Promise<void> {
  requireNamesOnceAnywhere(text);
  if (!Array.isArray(body.requests)) throw new UnreadableBody('it has no list "requests"');
  for (const request of body.requests as unknown[]) {
    requireCall(isObject(request) ? request.params : undefined, requireModel);
    await nextTurn();
  }
}

/** It is told later what it used, and once. */
function requireCall(call: unknown, requireModel: RequireModel): void {
  if (!isObject(call)) throw new UnreadableBody('a request of it is no object');
  const { body } = readRequestJson(Buffer.from(JSON.stringify(call)), {});
  for (const name of ['stream', 'background'])
    if (body[name] === true) throw new UnreadableBody(`a request of it has ${name}`);
  const stored = KEPT_ELSEWHERE.find((name) => (body[name] ?? null) !== null);
  if (stored !== undefined) throw new UnreadableBody(`a request of it has ${stored}`);
  requireModel?.(String(body.model ?? ''));
}
