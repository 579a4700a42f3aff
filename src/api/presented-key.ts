/** The key that a request presents, and in which header. */
import type { IncomingHttpHeaders } from 'node:http';

/** Clients of providers put it in one of these; the first that has one counts. */
export const KEY_HEADERS = ['authorization', 'x-api-key', 'api-key'] as const;
export type PresentedIn = (typeof KEY_HEADERS)[number];

export interface PresentedKey {
  readonly header: PresentedIn;
  readonly secret: string;
}

export const bearerIn = ({ authorization = '' }: IncomingHttpHeaders): string | undefined =>
  /^Bearer +(\S+)$/i.exec(authorization)?.[1];

/** It is as clients of providers present one, Anthropic's and Azure's among them. */
export function presentedKey(headers: IncomingHttpHeaders): PresentedKey | undefined {
  for (const header of KEY_HEADERS) {
    const value = header === 'authorization' ? bearerIn(headers) : headers[header];
    if (typeof value === 'string' && /^\S+$/.test(value)) return { header, secret: value };
  }
  return undefined;
}
