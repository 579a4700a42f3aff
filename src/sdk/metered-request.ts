/**
 * What a `fetch` is asked, as its second argument would say it: some clients (OpenRouter's among
 * them) make a `Request` of it, whose body can be read once only.
 */
import { endpointOf, methodOf } from './metered-call';

type Input = Parameters<typeof globalThis.fetch>[0];

export const isRequest = (input: Input): input is Request =>
  typeof input === 'object' && 'url' in input;

/** The body is that of a copy, and only where it tells what is metered. */
export async function requestInit(input: Input, init: RequestInit): Promise<RequestInit> {
  if (!isRequest(input)) return init;
  const { method, headers, signal, url } = input;
  const whole = { method, headers, signal, ...init };
  if (init.body !== undefined || methodOf(whole) === 'GET') return whole;
  if (endpointOf(new URL(url).pathname, methodOf(whole)) === undefined) return whole;
  return { ...whole, body: await bodyOf(input.clone()) };
}

function bodyOf(request: Request): Promise<string | FormData> {
  const type = request.headers.get('content-type') ?? '';
  return /^multipart\//i.test(type) ? request.formData() : request.text();
}
