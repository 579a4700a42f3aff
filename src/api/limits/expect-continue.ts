/**
 * `Expect: 100-continue`: a client that asks first whether its body is wanted is told so when
 * somebody begins to read it, which nobody does before the key is known. Node would say so at once.
 */
import type { IncomingMessage, RequestListener } from 'node:http';

/** Their bodies were not asked for, and would come only if they were. */
const unaskedRequests = new WeakSet<IncomingMessage>();

export const isBodyUnasked = (request: IncomingMessage): boolean => unaskedRequests.has(request);

/** Answers requests that expect to be asked. */
export const askForBodyWhenRead =
  (listener: RequestListener): RequestListener =>
  (request, response) => {
    unaskedRequests.add(request);
    // Whoever reads listens to one of them; whoever drops a body does not.
    request.on('newListener', (event) => {
      const isRead = event === 'data' || event === 'readable';
      if (!isRead || !unaskedRequests.delete(request) || response.headersSent) return;
      response.writeContinue();
    });
    listener(request, response);
  };
