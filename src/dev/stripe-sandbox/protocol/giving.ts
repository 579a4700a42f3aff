/** Writes an answer, or what a fault leaves of it. */
import type { ServerResponse } from 'node:http';
import type { Answer } from './idempotency';
import type { Fault } from '../objects-own';

export function give(response: ServerResponse, answer: Answer, fault: Fault | null): void {
  if (fault?.mode === 'after_apply_timeout') {
    // Nobody answers: the client's own timeout, or its patience, ends it.
    return;
  }
  if (fault?.mode === 'cut') {
    response.writeHead(answer.status, { 'content-length': Buffer.byteLength(answer.body) });
    response.write(answer.body.slice(0, Math.floor(answer.body.length / 2)));
    setTimeout(() => response.destroy(), 5);
    return;
  }
  response.writeHead(answer.status);
  response.end(answer.body);
}

/** What Stripe advises: an outcome that is kept for its key is the same however often asked. */
export function adviseRetry(response: ServerResponse, shouldRetry: boolean | null): void {
  if (shouldRetry !== null) response.setHeader('stripe-should-retry', String(shouldRetry));
}
