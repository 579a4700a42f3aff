/** A session of the Realtime API through the proxy, as an app opens it, and what an app hears. */
import { once } from 'node:events';
import { WebSocket } from 'ws';

export const MODEL = 'gpt-realtime';

export function openSession(apiUrl: string, key: string, query = `?model=${MODEL}`): WebSocket {
  const url = `${apiUrl.replace('http', 'ws')}/openai/v1/realtime${query}`;
  const headers = { authorization: `Bearer ${key}` };
  const socket = new WebSocket(url, ['realtime'], { headers });
  socket.on('error', () => undefined);
  return socket;
}

/** The status of a session that is refused, and what is said. */
export async function refusalOf(socket: WebSocket): Promise<[number, string]> {
  const [, answer] = (await once(socket, 'unexpected-response')) as [
    unknown,
    NodeJS.ReadableStream,
  ];
  let text = '';
  for await (const chunk of answer) text += String(chunk);
  return [(answer as unknown as { statusCode: number }).statusCode, text];
}

export const say = (socket: WebSocket, event: object) => socket.send(JSON.stringify(event));

/** The next event of a kind. */
export function next(socket: WebSocket, type: string): Promise<Record<string, unknown>> {
  return new Promise((resolve) => {
    const look = (data: unknown) => {
      const event = JSON.parse(String(data)) as Record<string, unknown>;
      if (event.type !== type) return;
      socket.off('message', look);
      resolve(event);
    };
    socket.on('message', look);
  });
}
