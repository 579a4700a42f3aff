/** The `Stripe-Account` header: whose objects a call is about, where the sandbox can tell. */
import type { IncomingMessage } from 'node:http';
import type { World } from '../world';
import { header } from './credentials';
import { invalid, StripeFault } from './fault';
import { fingerprintOf } from './idempotency';
import type { Route } from './router';

/** Undefined means the platform itself. */
export function accountInHeader(request: IncomingMessage): string | undefined {
  return header(request, 'stripe-account') || undefined;
}

/** Each account has keys of its own. */
export function scopedKey(key: string | undefined, account: string | undefined) {
  if (key === undefined || account === undefined) return key;
  return fingerprintOf('key of', account, key);
}

export function assertAccount(world: World, account: string | undefined, route: Route): void {
  if (account === undefined) return;
  const storedAccount = world.store.get('account', account);
  if (!storedAccount || storedAccount.deleted) {
    throw new StripeFault(403, {
      type: 'invalid_request_error',
      code: 'account_invalid',
      message:
        `The provided key does not have access to account '${account}' (or that account does ` +
        'not exist). Application access may have been revoked.',
    });
  }
  if (route.isForAccounts) return;
  throw invalid(
    `The sandbox does not do ${route.method} ${route.pattern} on behalf of a connected account ` +
      `(Stripe-Account: ${account}): see its README.`,
  );
}
