/** A world in which nobody sells: `payout-world.ts` is one with a vendor. */
import { JANUARY } from '../builders/builders';

export const NO_PAYOUTS = {
  readPayout: async ({ customer }: { customer: string }) => ({
    ...{ customer, invoiceId: null, now: JANUARY, sales: [] },
  }),
  bookPayout: async () => [],
  bookMove: async () => [],
  transferShare: async () => 'made' as const,
  reverseTransfer: async () => 'made' as const,
};
