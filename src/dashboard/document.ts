/** What is around every page: head, style, and the script that keeps it live. */
import type { Html } from './html';
import { html } from './html';

export interface DocumentParts {
  readonly title: string;
  readonly main: Html;
  readonly footer?: Html;
  /** Fetched again every two seconds, as long as it is looked at. */
  readonly isLive?: boolean;
}

/** Addresses are relative to /dashboard, so that it works below any path of a proxy. */
export function documentOf({ title, main, footer, isLive = false }: DocumentParts): string {
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title}</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="dashboard/dashboard.css" />
        ${
          isLive &&
          html`<script src="dashboard/live.js" defer></script>
            <noscript><meta http-equiv="refresh" content="10" /></noscript>`
        }
      </head>
      <body>
        <main>${main}</main>
        <footer>${footer}</footer>
      </body>
    </html> `;
  return page.markup;
}
