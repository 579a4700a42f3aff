/** The address of this page with another period. */

/** The period is `current`, `previous` or the start of one. */
export function periodHref(period: string): string {
  const query = new URLSearchParams(location.search);
  query.set('period', period);
  return `?${query.toString()}`;
}

/** Stripe's portal for this customer: the way to pay, and to another way to pay. */
export function portalHref(): string {
  const token = new URLSearchParams(location.search).get('token') ?? '';
  return `billing-portal?${new URLSearchParams({ token }).toString()}`;
}
