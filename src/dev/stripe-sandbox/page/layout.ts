/** The frame of every page, and the pieces that they share. */
import { html, Html } from './html';

export const PLACES = [
  ['/_sandbox/', 'Overview'],
  ['/_sandbox/view/events', 'Events'],
  ['/_sandbox/view/deliveries', 'Deliveries'],
  ['/_sandbox/view/clocks', 'Clocks'],
  ['/_sandbox/view/faults', 'Faults & orders'],
] as const;

export interface PageContent {
  title: string;
  /** The place in the navigation; null for the customer's own pages. */
  place: string | null;
  body: Html;
  /** The browser goes on there by itself. */
  goTo?: string;
}

/** What was done by the form that led here, or why it was not. */
export interface Told {
  said: string | null;
  wrong: string | null;
}

export function documentOf({ title, place, body, goTo }: PageContent, notice: Told): string {
  const notices = html`${notice.said && html`<p class="said" role="status">${notice.said}</p>`}
  ${notice.wrong && html`<p class="said bad" role="alert">${notice.wrong}</p>`}`;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        ${goTo !== undefined && html`<meta http-equiv="refresh" content="0;url=${goTo}" />`}
        <title>${title} · Stripe sandbox</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="/_sandbox/page.css" />
        <script src="/_sandbox/page.js" defer></script>
      </head>
      <body>
        <a class="skip" href="#content">To the content</a>
        ${place === null ? null : heading(place)}
        <main id="content" ${place === null ? new Html(' class="narrow"') : null}>
          ${notices} ${body}
        </main>
      </body>
    </html> `.text;
}

function heading(place: string): Html {
  return html`<header>
    <div>
      <a class="brand" href="/_sandbox/">Stripe <span>sandbox</span></a>
      <nav aria-label="Pages">
        ${PLACES.map(
          ([url, name]) =>
            html`<a href="${url}" ${url === place && new Html(' aria-current="page"')}>${name}</a>`,
        )}
      </nav>
      <form class="search" action="/_sandbox/view/search" role="search">
        <input
          name="q"
          type="search"
          placeholder="An id, or part of it"
          aria-label="Search objects"
        />
      </form>
    </div>
  </header>`;
}

export function objectLink(id: string, text = id): Html {
  return html`<a class="id" href="/_sandbox/view/object?id=${encodeURIComponent(id)}">${text}</a>`;
}

/** A part that the script keeps fresh. */
export function live(id: string, content: Html): Html {
  return html`<div id="${id}" data-live>${content}</div>`;
}

export function card(title: string, content: Html, id?: string): Html {
  const innerContent = id === undefined ? content : live(id, content);
  return html`<section class="card">
    <h2>${title}</h2>
    ${innerContent}
  </section>`;
}

export function table(
  caption: string,
  heads: readonly string[],
  rows: readonly { id: string; cells: readonly Html[] }[],
  emptyText: string,
): Html {
  if (rows.length === 0) return html`<p class="empty">${emptyText}</p>`;
  return html`<div class="wide">
    <table aria-label="${caption}">
      <thead>
        <tr>
          ${heads.map((head) => html`<th scope="col">${head}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ({ id, cells }) =>
            html`<tr id="row-${id}">
              ${cells.map((cell) => html`<td>${cell}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

const MOODS: Readonly<Record<string, string>> = {
  succeeded: 'good',
  paid: 'good',
  active: 'good',
  ready: 'good',
  enabled: 'good',
  won: 'good',
  pending: 'wait',
  advancing: 'wait',
  open: 'wait',
  draft: 'wait',
  trialing: 'wait',
  held: 'wait',
  needs_response: 'wait',
  failed: 'bad',
  past_due: 'bad',
  unpaid: 'bad',
  canceled: 'bad',
  uncollectible: 'bad',
  lost: 'bad',
  internal_failure: 'bad',
};

export function tag(status: string): Html {
  return html`<span class="tag ${MOODS[status] ?? ''}">${status.replaceAll('_', ' ')}</span>`;
}

/** A form that posts to a route of the sandbox and comes back. */
export function order(
  action: string,
  returnPath: string,
  fields: Html,
  button: string,
  options: { mood?: 'main' | 'danger' | 'small'; ask?: string; layout?: 'fields' | 'row' } = {},
): Html {
  return html`<form
    method="post"
    action="${action}"
    ${options.ask !== undefined && html` data-ask="${options.ask}"`}
  >
    <div class="${options.layout ?? 'fields'}">
      <input type="hidden" name="then" value="${returnPath}" /> ${fields}
      <div><button class="${options.mood ?? ''}">${button}</button></div>
    </div>
  </form>`;
}

export function field(name: string, label: string, attributes: Record<string, string> = {}): Html {
  const attributeTexts = Object.entries(attributes).map(([key, value]) => html` ${key}="${value}"`);
  return html`<label>${label}<input name="${name}" ${attributeTexts} /></label>`;
}

export function choice(
  name: string,
  label: string,
  options: readonly (string | readonly [string, string])[],
): Html {
  return html`<label
    >${label}<select name="${name}">
      ${options.map((option) => {
        const [value, text] = typeof option === 'string' ? [option, option] : option;
        return html`<option value="${value}">${text}</option>`;
      })}
    </select></label
  >`;
}
