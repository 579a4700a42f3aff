/** A mail server that delivers to nobody: it keeps what it gets and shows it. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import { mailPage } from './page';
import type { KeptMail } from './kept-mail';

const HOST = '127.0.0.1';
const KEPT_MAX = 1000;

export interface MailServer {
  readonly smtpUrl: string;
  /** A page for people; with /messages.json for programs. */
  readonly mailUrl: string;
  readonly messages: readonly KeptMail[];
  close(): Promise<void>;
}

export async function startMailServer(ports: {
  readonly smtpPort: number;
  readonly httpPort: number;
}): Promise<MailServer> {
  const messages: KeptMail[] = [];
  let receivedCount = 0;
  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData: (stream, session, done) => {
      simpleParser(stream).then((mail) => {
        receivedCount += 1;
        messages.unshift({
          id: receivedCount,
          receivedAt: new Date().toISOString(),
          from: mail.from?.text ?? '',
          to: session.envelope.rcptTo.map(({ address }) => address),
          subject: mail.subject ?? '',
          text: mail.text ?? '',
          html: mail.html || null,
        });
        messages.splice(KEPT_MAX);
        done();
      }, done);
    },
  });
  await new Promise<void>((resolve, reject) => {
    smtp.once('error', reject);
    smtp.listen(ports.smtpPort, HOST, () => resolve());
  });
  // A client that breaks off is its own affair.
  smtp.on('error', () => undefined);
  const http = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://mail');
    const isJson = pathname === '/messages.json';
    response.writeHead(isJson || pathname === '/' ? 200 : 404, {
      'content-type': isJson ? 'application/json' : 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
    });
    response.end(isJson ? JSON.stringify(messages) : mailPage(messages));
  });
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject);
    http.listen(ports.httpPort, HOST, resolve);
  });
  const smtpPort = (smtp.server.address() as AddressInfo).port;
  const httpPort = (http.address() as AddressInfo).port;
  return {
    smtpUrl: `smtp://${HOST}:${smtpPort}`,
    mailUrl: `http://${HOST}:${httpPort}/`,
    messages,
    close: async () => {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
      await new Promise<void>((resolve) => smtp.close(() => resolve()));
    },
  };
}
