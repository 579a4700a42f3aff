/** Usage of many customers by chance, at an even rate, each event with the moment it was sent. */
import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { randomIds } from '../command/random-ids';
import { TOKENS_PER_EVENT } from '../whole-path';
import type { Customer, WholePath } from '../whole-path';

const EVENTS_PER_REQUEST = 5;
const TICK_MS = 10;

/** A slow answer does not slow the load. Throws when one is no success. */
export async function sendByChance(
  path: WholePath,
  customers: readonly Customer[],
  { eventsPerSecond, seconds }: { eventsPerSecond: number; seconds: number },
  random: () => number,
): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const nextId = randomIds(random);
  const requests = (eventsPerSecond * seconds) / EVENTS_PER_REQUEST;
  const startedAt = performance.now();
  const answers: Promise<void>[] = [];
  try {
    while (answers.length < requests) {
      const elapsedSeconds = (performance.now() - startedAt) / 1000;
      const due = Math.min(requests, (elapsedSeconds * eventsPerSecond) / EVENTS_PER_REQUEST);
      while (answers.length < due) {
        const some = Array.from(
          { length: EVENTS_PER_REQUEST },
          () => customers[Math.floor(random() * customers.length)] as Customer,
        );
        answers.push(send(path, agent, some, nextId));
      }
      await pause(TICK_MS);
    }
    await Promise.all(answers);
  } finally {
    agent.destroy();
  }
}

function send(
  path: WholePath,
  agent: Agent,
  customers: readonly Customer[],
  nextId: () => string,
): Promise<void> {
  const now = performance.now();
  const events = customers.map((customer) => {
    customer.sentAtMs.push(now);
    const tokens = { input: TOKENS_PER_EVENT };
    return { id: nextId(), customer: customer.name, model: 'gpt-4o-mini', tokens };
  });
  const body = JSON.stringify({ events });
  const headers = {
    ...{ authorization: `Bearer ${path.ingestKey}`, 'content-type': 'application/json' },
    'content-length': Buffer.byteLength(body),
  };
  const sendOnce = (resolve: () => void, reject: (error: unknown) => void): void => {
    const url = new URL('/v1/usage', path.apiUrl);
    const call = request(url, { agent, method: 'POST', headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const isAccepted = text.includes(`"accepted":${events.length},`);
        if (answer.statusCode === 202 && isAccepted) resolve();
        else reject(new Error(`Usage was answered ${answer.statusCode}: ${text}`));
      });
    });
    call.once('error', (error: NodeJS.ErrnoException) => {
      // The API let go of a connection that nobody had used for a while: it has read nothing.
      if (call.reusedSocket && error.code === 'ECONNRESET') sendOnce(resolve, reject);
      else reject(error);
    });
    call.end(body);
  };
  return new Promise(sendOnce);
}
