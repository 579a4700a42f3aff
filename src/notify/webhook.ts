/** Sends webhooks to the app, signed as the Standard Webhooks specification says. */
import { Webhook } from 'standardwebhooks';
import type { Notification } from '../core/dunning/notification';
import type { Attempt } from './attempt';

const ANSWER_MS_MAX = 15_000;
const GONE = 410;

export interface WebhookSender {
  readonly url: string;
  send(message: {
    readonly key: string;
    readonly decidedAt: Date;
    readonly notification: Notification;
  }): Promise<Attempt>;
}

export function createWebhookSender({
  url,
  secret,
}: {
  url: string;
  secret: string;
}): WebhookSender {
  const signer = new Webhook(secret);
  return {
    url,
    send: async ({ key, decidedAt, notification: { type, data } }) => {
      const body = JSON.stringify({ type, timestamp: decidedAt.toISOString(), data });
      // The time is the attempt's: receivers refuse old ones, so that none can be played back.
      const attemptedAt = new Date();
      try {
        const response = await fetch(url, {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            'user-agent': 'Tollkeeper',
            'webhook-id': key,
            'webhook-timestamp': String(Math.floor(attemptedAt.getTime() / 1000)),
            'webhook-signature': signer.sign(key, attemptedAt, body),
          },
          body,
          // Signed for this address, and for no other that it names.
          redirect: 'manual',
          signal: AbortSignal.timeout(ANSWER_MS_MAX),
        });
        await response.body?.cancel();
        return attemptOf(response.status);
      } catch (error) {
        return { outcome: 'retry', reason: `webhook: ${causeOf(error)}` };
      }
    },
  };
}

/** Only 2xx is success, and only 410 is an answer for good: all else may be the app's bad hour. */
function attemptOf(status: number): Attempt {
  if (status >= 200 && status < 300) return { outcome: 'sent' };
  return { outcome: status === GONE ? 'gone' : 'retry', reason: `webhook: status ${status}` };
}

/** fetch says "fetch failed"; why is in its cause, whose message may be empty. */
function causeOf(error: unknown): string {
  const { message = String(error), cause } = error as { message?: string; cause?: object };
  const { message: reason, code } = (cause ?? {}) as { message?: string; code?: string };
  return reason || code || message;
}
