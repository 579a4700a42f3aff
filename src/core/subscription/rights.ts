/** What customers may do on their own page, each only if their app has said so. */
export const RIGHTS = ['card', 'plan', 'cancel', 'invoices'] as const;

export type Right = (typeof RIGHTS)[number];

/** What a visit to Stripe's portal can be for, in our words. */
export const PORTAL_FLOWS = ['card', 'cancel'] as const;
export type PortalFlow = (typeof PORTAL_FLOWS)[number];
