/**
 * Decrypts what Temporal keeps, for its UI and command line, by Temporal's remote codec protocol:
 * POST /decode, POST /encode. Only whoever has CODEC_SERVER_KEY is served: as a bearer, or by a
 * cookie that the page of this server gives for it.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { PayloadCodec } from '@temporalio/common';
import type { CodecServerConfig } from '../config';
import { createPayloadCodec, PayloadKeyError } from '../temporal/payload-codec';
import { payloadKeys } from '../temporal/payload-keys';
import { payloadsFromJson, payloadsToJson } from '../temporal/payload-json';
import { signInPage } from './codec-page';

/** Temporal's own limit of one payload is 2 MiB, and the UI asks for some at once. */
const BODY_BYTES_MAX = 16 * 1024 * 1024;
const FORM_BYTES_MAX = 4 * 1024;
const SESSION_SECONDS = 12 * 3600;
const COOKIE = 'tollkeeper_codec';
/** A browser keeps the answer to a preflight so long. */
const PREFLIGHT_SECONDS = '600';

interface Codec {
  readonly key: string;
  readonly origins: readonly string[];
  readonly payloads: PayloadCodec;
}

/** What is answered when a request is not: a status, and why. */
class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** Listens on config.HOST; `port`: 0 takes a free one. */
export async function startCodecServer(
  config: CodecServerConfig,
  { port }: { readonly port: number },
): Promise<Server> {
  const codec: Codec = {
    key: config.CODEC_SERVER_KEY,
    origins: config.CODEC_SERVER_ORIGINS?.split(/[\s,]+/).filter(Boolean) ?? [],
    payloads: createPayloadCodec(payloadKeys(config.TEMPORAL_PAYLOAD_KEYS)),
  };
  const server = createServer((request, response) => {
    answer(codec, request, response).catch((error: unknown) => refuse(response, error));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, config.HOST, resolve);
  });
  return server;
}

async function answer(
  codec: Codec,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  allowOrigin(codec, request, response);
  response.setHeader('Cache-Control', 'no-store');
  const path = request.url?.split('?')[0];
  switch (`${request.method} ${path}`) {
    case 'OPTIONS /decode':
    case 'OPTIONS /encode':
      response.writeHead(204).end();
      return;
    case 'POST /decode':
    case 'POST /encode':
      assertMayAsk(codec, request);
      return answerPayloads(codec.payloads, path === '/decode', request, response);
    case 'GET /':
      return signInPage(response, 200, isSignedIn(codec, request));
    case 'POST /sign-in':
      return signIn(codec, request, response);
    case 'GET /healthz':
      response.writeHead(200).end('ok');
      return;
    default:
      throw new Refusal(404, 'expected POST /decode or POST /encode');
  }
}

async function answerPayloads(
  { encode, decode }: PayloadCodec,
  isDecoding: boolean,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await bodyOf(request, BODY_BYTES_MAX);
  const payloads = payloadsFromJson(body);
  if (!payloads) throw new Refusal(400, 'expected {"payloads":[{"metadata":{…},"data":"…"}]}');
  const content = payloadsToJson(await (isDecoding ? decode : encode)(payloads));
  response.writeHead(200, { 'Content-Type': 'application/json' }).end(content);
}

/** The UI is of another origin than this server: a browser lets it read what we name here. */
function allowOrigin({ origins }: Codec, request: IncomingMessage, response: ServerResponse) {
  const { origin } = request.headers;
  response.setHeader('Vary', 'Origin');
  if (origin === undefined || !origins.includes(origin)) return;
  response.setHeader('Access-Control-Allow-Origin', origin);
  response.setHeader('Access-Control-Allow-Credentials', 'true');
  response.setHeader('Access-Control-Allow-Methods', 'POST, OPTIONS');
  response.setHeader('Access-Control-Allow-Headers', 'authorization, content-type, x-namespace');
  response.setHeader('Access-Control-Max-Age', PREFLIGHT_SECONDS);
}

function assertMayAsk(codec: Codec, request: IncomingMessage): void {
  const [, bearer] = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '') ?? [];
  if (bearer !== undefined && isSame(bearer, codec.key)) return;
  const { origin = '' } = request.headers;
  // A cookie comes along with whatever page asks: only the UI's are taken.
  if (isSignedIn(codec, request) && codec.origins.includes(origin)) return;
  throw new Refusal(
    401,
    'expected "Authorization: Bearer" with CODEC_SERVER_KEY, or to be signed in',
  );
}

/** Compared by their hashes, so neither length nor content shows in the time that it takes. */
function isSame(text: string, secret: string): boolean {
  const hashOf = (each: string) => createHash('sha256').update(each).digest();
  return timingSafeEqual(hashOf(text), hashOf(secret));
}

function sessionOf({ key }: Codec, until: number): string {
  const proof = createHmac('sha256', key).update(`tollkeeper codec session v1 ${until}`);
  return `${until}.${proof.digest('base64url')}`;
}

function isSignedIn(codec: Codec, { headers: { cookie = '' } }: IncomingMessage): boolean {
  const [, session = ''] = new RegExp(`(?:^|; ?)${COOKIE}=([\\w.-]+)`).exec(cookie) ?? [];
  const until = Number(session.split('.')[0]);
  return until > Date.now() / 1000 && isSame(session, sessionOf(codec, until));
}

async function signIn(codec: Codec, request: IncomingMessage, response: ServerResponse) {
  const form = new URLSearchParams(await bodyOf(request, FORM_BYTES_MAX));
  if (!isSame(form.get('key') ?? '', codec.key)) return signInPage(response, 401, false);
  const session = sessionOf(codec, Math.floor(Date.now() / 1000) + SESSION_SECONDS);
  const isSecure = request.headers['x-forwarded-proto'] === 'https';
  const rules = `HttpOnly; SameSite=Strict; Path=/; Max-Age=${SESSION_SECONDS}`;
  response.setHeader('Set-Cookie', `${COOKIE}=${session}; ${rules}${isSecure ? '; Secure' : ''}`);
  signInPage(response, 200, true);
}

async function bodyOf(request: IncomingMessage, bytesMax: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw new Refusal(413, `expected at most ${bytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function refuse(response: ServerResponse, error: unknown): void {
  if (response.headersSent) return void response.destroy();
  const isKeyError = error instanceof PayloadKeyError;
  const status = error instanceof Refusal ? error.status : isKeyError ? 422 : 500;
  const message = status === 500 ? 'it could not be done' : (error as Error).message;
  response.writeHead(status, { 'Content-Type': 'text/plain', Connection: 'close' }).end(message);
}
