/** The codec server's page: whoever knows the key signs this browser in, for the Temporal UI. */
import type { ServerResponse } from 'node:http';

const HEADERS = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy':
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};

const FORM = `<form method="post" action="/sign-in">
  <label>CODEC_SERVER_KEY <input type="password" name="key" autocomplete="off" required></label>
  <button>Sign in</button>
</form>`;

const SIGNED_IN =
  '<p>This browser is signed in for twelve hours. Reload the page of Temporal’s UI.</p>';

/** `status` 401: the key was another one. */
export function signInPage(response: ServerResponse, status: 200 | 401, isSignedIn: boolean): void {
  const refusal = status === 401 ? '<p role="alert">That is not the key.</p>' : '';
  const body = isSignedIn ? SIGNED_IN : `${refusal}${FORM}`;
  response.writeHead(status, HEADERS).end(`<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Tollkeeper's codec server</title>
<style>body { font: 16px/1.5 system-ui, sans-serif; margin: 3rem auto; max-width: 36rem }</style>
<h1>What Temporal shows, in clear</h1>
${body}
</html>`);
}
