/** One request as a stranger would send it, and the raw answer to it. */
import { Agent, request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';

export interface Attack {
  /** What it tries; failures are told by it. */
  readonly kind: string;
  readonly method: string;
  /** As it goes over the wire. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

export interface AttackAnswer {
  readonly status: number;
  readonly contentType: string;
  /** Its beginning: a page that stays open is left. */
  readonly text: string;
  readonly ms: number;
}

const ANSWER_MS_MAX = 20_000;
const TEXT_MAX = 500_000;
/** What Node's client refuses to send goes over a plain connection. */
const UNSENDABLE = /^ERR_(?:INVALID_CHAR|UNESCAPED_CHARACTERS|INVALID_HTTP_TOKEN)$/;

export function createAttacker(apiUrl: string) {
  const { hostname, port } = new URL(apiUrl);
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const place = { host: hostname, port: Number(port) };
  return {
    /** Throws where no whole head of an answer comes in time. */
    async send(attack: Attack): Promise<AttackAnswer> {
      const startedAt = performance.now();
      const answer = await sendByClient({ ...place, agent }, attack).catch((error: unknown) => {
        const { code = '' } = error as { code?: string };
        if (UNSENDABLE.test(code)) return sendRaw(place, attack);
        // A connection that the server had just closed: the request was never looked at.
        if (code === 'ECONNRESET' || code === 'EPIPE') return sendByClient(place, attack);
        throw error;
      });
      return { ...answer, ms: Math.round(performance.now() - startedAt) };
    },
    close: () => agent.destroy(),
  };
}

interface Place {
  readonly host: string;
  readonly port: number;
  readonly agent?: Agent;
}

type Answer = Omit<AttackAnswer, 'ms'>;

const bytesOf = ({ body }: Attack): Buffer => Buffer.from(body as string);

function sendByClient(place: Place, attack: Attack): Promise<Answer> {
  const { method, path, headers } = attack;
  const body = bytesOf(attack);
  return new Promise((resolve, reject) => {
    const lengths = body.length > 0 ? { 'content-length': String(body.length) } : {};
    const asked = httpRequest({ ...place, method, path, headers: { ...lengths, ...headers } });
    asked.setTimeout(ANSWER_MS_MAX, () => asked.destroy(new Error('no answer in time')));
    asked.on('error', reject);
    asked.on('response', (response) => readBeginning(response).then(resolve, reject));
    asked.end(body);
  });
}

/** A stream of events has no end: its head is the answer. */
async function readBeginning(response: IncomingMessage): Promise<Answer> {
  const head = {
    status: response.statusCode ?? 0,
    contentType: response.headers['content-type'] ?? '',
  };
  if (head.contentType.startsWith('text/event-stream')) {
    response.destroy();
    return { ...head, text: '' };
  }
  let text = '';
  for await (const chunk of response) if (text.length < TEXT_MAX) text += String(chunk);
  return { ...head, text };
}

function sendRaw(place: Place, attack: Attack): Promise<Answer> {
  const { method, path, headers } = attack;
  const body = bytesOf(attack);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const head =
    `${method} ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n` +
    `Content-Length: ${body.length}\r\n${lines.join('')}\r\n`;
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(place, () => socket.write(Buffer.concat([Buffer.from(head), body])));
    socket.setTimeout(ANSWER_MS_MAX, () => socket.destroy(new Error('no answer in time')));
    socket.on('data', (chunk) => {
      if (text.length < TEXT_MAX) text += String(chunk);
    });
    socket.on('error', reject);
    socket.on('close', () => {
      const [, status = '0'] = /^HTTP\/1\.1 (\d{3})/.exec(text) ?? [];
      const [, contentType = ''] = /^content-type: *([^\r]*)/im.exec(text) ?? [];
      const rest = text.slice(text.indexOf('\r\n\r\n') + 4);
      resolve({ status: Number(status), contentType, text: rest });
    });
  });
}
