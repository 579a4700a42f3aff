/**
 * How many requests a server of this process has answered, and with what: counted beside whoever
 * sends them, so that what a search says of itself need not be believed.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';

interface Answered {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

export interface AnswerCount {
  /** How many had each status. */
  readonly byStatus: ReadonlyMap<number, number>;
  /** All of them, and as a line: `20412 requests: 5012 2xx, 15400 4xx`. */
  total(): number;
  text(): string;
  stop(): void;
}

/** Counts those of the server at `url` from now on. */
export function countAnswers(url: string): AnswerCount {
  const port = Number(new URL(url).port);
  const byStatus = new Map<number, number>();
  const note = (message: unknown) => {
    const { request, response } = message as Answered;
    if (request.socket.localPort !== port) return;
    byStatus.set(response.statusCode, (byStatus.get(response.statusCode) ?? 0) + 1);
  };
  subscribe('http.server.response.finish', note);
  const total = () => [...byStatus.values()].reduce((sum, count) => sum + count, 0);
  return {
    ...{ byStatus, total },
    text: () => `${total()} requests: ${byClass(byStatus)}`,
    stop: () => void unsubscribe('http.server.response.finish', note),
  };
}

function byClass(byStatus: ReadonlyMap<number, number>): string {
  const classes = new Map<number, number>();
  for (const [status, count] of byStatus) {
    const first = Math.floor(status / 100);
    classes.set(first, (classes.get(first) ?? 0) + count);
  }
  return [...classes]
    .sort(([a], [right]) => a - right)
    .map(([first, count]) => `${count} ${first}xx`)
    .join(', ');
}
