/**
 * Each opening of a link makes something at Stripe, whose own limit is one for the whole account.
 * The links of one customer or vendor are opened a few times at once, then every ten seconds.
 */
import type { Response } from 'express';
import { notice } from '../../dashboard/notices';
import { createBuckets } from './buckets';

const OPENINGS = { perSecond: 0.1, burst: 6 };

/** False: it was answered already, by a page that says when to come again. */
export type MayOpen = (subject: string, response: Response) => boolean;

export function createOpenings(): MayOpen {
  const buckets = createBuckets(OPENINGS);
  return (subject, response) => {
    const { isGranted, waitSeconds } = buckets.draw(subject, 1);
    if (isGranted) return true;
    const text = `This link was opened too often. Open it again in ${waitSeconds} seconds.`;
    response
      .status(429)
      .set('Retry-After', String(waitSeconds))
      .type('html')
      .send(notice('A moment, please', text));
    return false;
  };
}
