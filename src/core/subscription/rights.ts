/** What customers may do on their own page, each only if their app has said so. */
export const RIGHTS = ['card', 'plan', 'cancel', 'invoices'] as const;

export type Right = (typeof RIGHTS)[number];
