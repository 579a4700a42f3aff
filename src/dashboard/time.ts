/** Times for people, in UTC, each with its exact value for machines. */
import type { Html } from './html';
import { html } from './html';

const DAY_MS = 86_400_000;
const format = (options: Intl.DateTimeFormatOptions) =>
  new Intl.DateTimeFormat('en-GB', { ...options, timeZone: 'UTC' });
const DAY = format({ day: 'numeric', month: 'short', year: 'numeric' });
const SHORT_DAY = format({ day: 'numeric', month: 'short' });
const MONTH = format({ month: 'long', year: 'numeric' });
const CLOCK = format({ hour: '2-digit', minute: '2-digit', second: '2-digit' });

export const dayOf = (time: Date): Html =>
  html`<time datetime="${time.toISOString()}">${DAY.format(time)}</time>`;

/** Of a month as YYYY-MM. */
export const monthName = (month: string): string => MONTH.format(new Date(`${month}-01`));

export const shortDay = (day: string): string => SHORT_DAY.format(new Date(day));

export const momentOf = (time: Date): Html =>
  html`<time datetime="${time.toISOString()}"
    >${DAY.format(time)}, ${CLOCK.format(time)} UTC</time
  >`;

/** Every calendar day (UTC) that a half-open period touches, as YYYY-MM-DD. */
export function daysOf({ start, end }: { readonly start: string; readonly end: string }): string[] {
  const days: string[] = [];
  const first = Math.floor(Date.parse(start) / DAY_MS) * DAY_MS;
  for (let at = first; at < Date.parse(end); at += DAY_MS)
    days.push(new Date(at).toISOString().slice(0, 10));
  return days;
}
