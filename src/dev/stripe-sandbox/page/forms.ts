/** An HTML form as the JSON order that it stands for, and the way back to where it came from. */
const NUMBERS: ReadonlySet<string> = new Set([
  'delayMs',
  'probability',
  'seed',
  'status',
  'window',
]);
const FLAGS: ReadonlySet<string> = new Set(['payouts_enabled', 'shouldRetry']);
/** Lists that mean "none" when they are left empty. */
const EMPTY_LISTS: ReadonlySet<string> = new Set(['currently_due']);
const LISTS: ReadonlySet<string> = new Set(['currently_due', 'types']);

export interface FormOrder {
  order: Record<string, unknown>;
  then: string;
}

export function isForm(contentType: string | undefined): boolean {
  return contentType?.startsWith('application/x-www-form-urlencoded') === true;
}

export function orderOf(body: string): FormOrder {
  const order: Record<string, unknown> = {};
  let returnPath = '/_sandbox/';
  for (const [name, text] of new URLSearchParams(body)) {
    const value = text.trim();
    if (name === 'then') returnPath = ownAddress(value);
    else if (value !== '' || EMPTY_LISTS.has(name)) order[name] = valueOf(name, value);
  }
  return { order, then: returnPath };
}

function valueOf(name: string, text: string): unknown {
  if (LISTS.has(name)) return text.split(/[\s,]+/).filter(Boolean);
  if (FLAGS.has(name)) return text === 'true';
  const isNumber = NUMBERS.has(name) || (name === 'times' && text !== 'always');
  if (!isNumber) return text;
  const number = Number(text);
  // Left as it is, it is refused by name where it was to be a number.
  return Number.isFinite(number) ? number : text;
}

/** It never leads to another host: `//elsewhere` is one, too. */
function ownAddress(address: string): string {
  return /^\/(?![/\\])/.test(address) ? address : '/_sandbox/';
}

export function tell(returnPath: string, name: 'said' | 'wrong', text: string): string {
  const url = new URL(returnPath, 'http://sandbox');
  url.searchParams.delete('said');
  url.searchParams.delete('wrong');
  url.searchParams.set(name, text);
  return url.pathname + url.search;
}

/** Browsers say where a form was; a page of somebody else's must not give orders here. */
export function isForeign(origin: string | undefined, host = ''): boolean {
  // A name with dots may be anybody's that was made to lead here.
  return origin !== undefined && (origin !== `http://${host}` || !OWN_HOST.test(host));
}

/** An address, or a name within one machine or compose file. */
const OWN_HOST = /^(\[[\da-f:]+\]|[\d.]+|[a-z\d-]+)(:\d+)?$/i;
