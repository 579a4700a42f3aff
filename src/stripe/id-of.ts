/** The id of what Stripe expands or names. */

/** Stripe gives references as ids, or as the objects themselves where they were asked for. */
export const idOf = (reference: string | { readonly id: string }): string =>
  typeof reference === 'string' ? reference : reference.id;
