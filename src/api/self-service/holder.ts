/**
 * Who stands at a page with a right to do something. Their token comes in a header that only that
 * page's script sets, and in no cookie: another site makes a browser ask, and not with it.
 */
import type { Request } from 'express';
import { DomainError } from '../../core/errors';
import type { Right } from '../../core/subscription/rights';
import type { SignedLinks } from '../../links/signed-link';
import { bearerIn } from '../presented-key';

export interface Holder {
  readonly expiresAt: Date;
  readonly customer: string;
  readonly rights: readonly Right[];
}

/** Throws `unauthorized`. No other token of ours is one of these. */
export function holderOf(links: SignedLinks, request: Request): Holder {
  const token = bearerIn(request.headers);
  const link = token === undefined ? 'invalid' : links.verify(token, new Date());
  if (typeof link === 'object') {
    const { subject, expiresAt, rights = [] } = link;
    return { customer: subject, rights, expiresAt };
  }
  throw new DomainError(
    'unauthorized',
    link === 'expired' ? 'The right to change something has expired.' : 'There is no right.',
  );
}

/** Throws `forbidden`. */
export function requireRight({ rights }: Holder, right: Right): void {
  if (rights.includes(right)) return;
  throw new DomainError('forbidden', `The link allows ${rights.join(', ')}: this needs ${right}.`);
}
