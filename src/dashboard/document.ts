/** What is around every page. Addresses are relative: it works below any path of a proxy. */
import type { Html } from './html';
import { html } from './html';

export function documentOf(parts: {
  readonly title: string;
  /** Styles and scripts. */
  readonly head: Html;
  readonly body: Html;
}): string {
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${parts.title}</title>
        <link rel="icon" href="data:," />
        ${parts.head}
      </head>
      <body>
        ${parts.body}
      </body>
    </html> `;
  return page.markup;
}

export interface StaticParts {
  readonly title: string;
  readonly main: Html;
  readonly footer?: Html;
  /** It is behind a link whose token leaves the address, and comes back when it is loaded again. */
  readonly isBehindLink?: boolean;
}

/** A page that is whole as it is served. */
export const staticDocument = ({
  title,
  main,
  footer,
  isBehindLink = false,
}: StaticParts): string =>
  documentOf({
    title,
    head: html`<link rel="stylesheet" href="dashboard/dashboard.css" /> ${
        isBehindLink && html`<script src="dashboard/address.js"></script>`
      }`,
    body: html`<main>${main}</main>
      <footer>${footer}</footer>`,
  });
