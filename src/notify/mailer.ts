/** Sends e-mail by SMTP. The only place that knows nodemailer. */
import { createHash } from 'node:crypto';
import { createTransport } from 'nodemailer';
import type { Mail } from './mail-text';
import type { Attempt } from './attempt';

/** Each stage of one sending may take so long; together they stay far below a delivery's lease. */
const STAGE_MS_MAX = 10_000;

export interface Mailer {
  send(message: {
    readonly key: string;
    readonly to: { readonly address: string; readonly name: string };
    readonly mail: Mail;
  }): Promise<Attempt>;
  close(): void;
}

export function createMailer({ smtpUrl, from }: { smtpUrl: string; from: string }): Mailer {
  const transport = createTransport({
    url: smtpUrl,
    connectionTimeout: STAGE_MS_MAX,
    greetingTimeout: STAGE_MS_MAX,
    socketTimeout: STAGE_MS_MAX,
    dnsTimeout: STAGE_MS_MAX,
    // Nothing that a message contains may read a file or an address.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    send: async ({ key, to, mail }) => {
      try {
        await transport.sendMail({
          from,
          to,
          subject: mail.subject,
          text: mail.text,
          html: mail.html,
          messageId: messageId(key, from),
          // No out-of-office answers, please.
          headers: { 'Auto-Submitted': 'auto-generated' },
        });
        return { outcome: 'sent' };
      } catch (error) {
        return failedAttempt(error);
      }
    },
    close: () => transport.close(),
  };
}

/** Sent again after a crash the message has the same id, by which mail programs show it once. */
export function messageId(key: string, sender: string): string {
  const domain = /@([^\s<>@]+)>?\s*$/.exec(sender)?.[1] ?? 'localhost';
  return `<${createHash('sha256').update(key).digest('hex').slice(0, 40)}@${domain}>`;
}

function failedAttempt(error: unknown): Attempt {
  const {
    message = String(error),
    responseCode,
    command,
  } = error as {
    message?: string;
    responseCode?: number;
    command?: string;
  };
  // A mailbox that does not exist won't by asking again; all else may be mended on our side.
  const isRefused = command === 'RCPT TO' && (responseCode ?? 0) >= 500;
  return { outcome: isRefused ? 'refused' : 'retry', reason: `SMTP: ${message}` };
}
