/** Pages without figures: how to get a link, a link that does not work, nothing to show yet. */
import { html } from './html';
import { staticDocument } from './document';

const PAGES = {
  customer: {
    shown: "A customer's usage is shown",
    scopes: html`<code>read</code> or <code>admin</code>`,
    path: 'customers/CUSTOMER',
    giver: 'the app that you use',
  },
  vendor: {
    shown: "A vendor's sales and payouts are shown",
    scopes: html`<code>admin</code>`,
    path: 'vendors/VENDOR',
    giver: 'the platform that you sell on',
  },
} as const;

/** `apiUrl` is the base of this API as the reader reaches it. */
export function howToGetALink(apiUrl: string, reader: keyof typeof PAGES = 'customer'): string {
  const { shown, scopes, path, giver } = PAGES[reader];
  return staticDocument({
    isBehindLink: true,
    title: 'Dashboard',
    main: html`<header><h1>Dashboard</h1></header>
      <section class="card">
        <p>
          ${shown} behind a signed link that expires. Ask the API for one with a key that has the
          scope ${scopes}:
        </p>
        <pre><code>${curlFor(apiUrl, path)}</code></pre>
        <p>
          The answer's <code>url</code> can be opened in a browser or shown in your own pages. You
          are a ${reader}? Then ${giver} gives you the link.
        </p>
      </section>`,
  });
}

const curlFor = (apiUrl: string, path: string): string =>
  [
    `curl -X POST ${apiUrl}/v1/${path}/dashboard-link \\`,
    `  -H "Authorization: Bearer $TOLLKEEPER_KEY" \\`,
    `  -H "Content-Type: application/json" \\`,
    `  -d '{ "expiresInSeconds": 3600 }'`,
  ].join('\n');

const LINK_FAULTS = {
  expired: {
    title: 'This link has expired',
    text: 'For your safety it works for a limited time only.',
  },
  invalid: {
    title: 'This link is not valid',
    text: 'It is incomplete, or was changed after it was made.',
  },
} as const;

export type LinkFault = keyof typeof LINK_FAULTS;

export function linkDoesNotWork(fault: LinkFault): string {
  const { title, text } = LINK_FAULTS[fault];
  return notice(title, `${text} Go back to the app that gave it to you and open it from there.`);
}

export const notice = (title: string, text: string): string =>
  staticDocument({
    title,
    main: html`<header><h1>${title}</h1></header>
      <section class="card"><p>${text}</p></section>`,
  });
