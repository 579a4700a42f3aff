/**
 * A client that sends a usage event every few milliseconds, whether those before were answered or
 * not. How long each took is counted from when it was due: one that could not even be sent because
 * the service or the machine was busy is not left out.
 */
import { Agent, request as send } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

export interface GoodClient {
  readonly url: string;
  readonly key: string;
}

/** Milliseconds of each request. Throws when one was not taken. */
export async function sendGood(
  { url, key }: GoodClient,
  { requests, everyMs }: { readonly requests: number; readonly everyMs: number },
): Promise<number[]> {
  const agent = new Agent({ keepAlive: true });
  const begun = performance.now();
  const took: Promise<number>[] = [];
  for (let index = 0; index < requests; index += 1) {
    const dueAt = begun + index * everyMs;
    if (dueAt > performance.now()) await pause(dueAt - performance.now());
    const body = Buffer.from(
      JSON.stringify({
        id: `good-${process.pid}-${begun}-${index}`,
        ...{ customer: 'ada', model: 'm', tokens: { input: 1 } },
      }),
    );
    const answered = post(agent, { url, key, body });
    took.push(answered.then(() => performance.now() - dueAt));
  }
  try {
    return await Promise.all(took);
  } finally {
    agent.destroy();
  }
}

interface Post extends GoodClient {
  readonly body: Buffer;
}

function post(agent: Agent, { url, key, body }: Post): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = {
      ...{ authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      'content-length': body.length,
    };
    const request = send(new URL('/v1/usage', url), { agent, method: 'POST', headers });
    request.on('error', (error: NodeJS.ErrnoException) => {
      // A server closes what was idle; whoever sent at that moment sends again, as clients do.
      if (request.reusedSocket && error.code === 'ECONNRESET')
        post(agent, { url, key, body }).then(resolve, reject);
      else reject(error);
    });
    request.on('response', (response) => {
      if (response.statusCode !== 202)
        reject(new Error(`A good request was told ${response.statusCode}.`));
      response.on('end', resolve).on('error', reject).resume();
    });
    request.end(body);
  });
}
