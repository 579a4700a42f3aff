/** Times for people, in UTC, each with its exact value for machines. */
import type { Html } from './html';
import { html } from './html';

const format = (options: Intl.DateTimeFormatOptions) =>
  new Intl.DateTimeFormat('en-GB', { ...options, timeZone: 'UTC' });
const DAY = format({ day: 'numeric', month: 'short', year: 'numeric' });
const MONTH = format({ month: 'long', year: 'numeric' });
const CLOCK = format({ hour: '2-digit', minute: '2-digit', second: '2-digit' });

export const dayOf = (time: Date): Html =>
  html`<time datetime="${time.toISOString()}">${DAY.format(time)}</time>`;

/** The name of a month that is given as YYYY-MM. */
export const monthName = (month: string): string => MONTH.format(new Date(`${month}-01`));

export const momentOf = (time: Date): Html =>
  html`<time datetime="${time.toISOString()}"
    >${DAY.format(time)}, ${CLOCK.format(time)} UTC</time
  >`;
