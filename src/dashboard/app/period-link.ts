/** Addresses of this page: another period of it, and its stream. */

/** The period is `current`, `previous` or the start of one. */
export function periodHref(period: string): string {
  const query = ownQuery();
  query.set('period', period);
  return `?${query.toString()}`;
}

export const streamHref = (): string => `dashboard/events?${ownQuery().toString()}`;

/** With the token, which address.js has taken out of what the reader sees. */
function ownQuery(): URLSearchParams {
  const query = new URLSearchParams(location.search);
  const token = query.has('token') ? null : keptToken();
  if (token !== null) query.set('token', token);
  return query;
}

function keptToken(): string | null {
  try {
    return sessionStorage.getItem(`tollkeeper ${location.pathname}`);
  } catch {
    // A frame may be denied storage; there the token is in the address still.
    return null;
  }
}
