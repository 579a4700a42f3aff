/** Requests for what the OpenAPI document has not: Stripe's webhook, links, and models. */
import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import {
  createDashboardLinks,
  createManageLinks,
  createPortalLinks,
} from '../../../src/links/signed-link';
import { STRIPE_API_VERSION } from '../../../src/stripe/client';
import type { Attack } from './attack';
import { ATTACKED_SECRETS } from './attacked-product';
import { inUrl, nastyJson, nastyNumber, nastyText, rarely, textChange } from './nasty-values';

const TYPES = [
  ...['customer.subscription.updated', 'invoice.created', 'invoice.paid', 'account.updated'],
  ...['customer.deleted', 'charge.refunded', 'payout.failed', 'v1.billing.meter.no_meter_found'],
];

const stripeObject = fc.record(
  {
    id: fc.oneof(fc.constantFrom('in_1', 'sub_1', 'cus_1', 'acct_1'), nastyText),
    object: fc.constantFrom('invoice', 'subscription', 'customer', 'account', 'event'),
    customer: fc.oneof(fc.constant('cus_1'), nastyJson),
    subscription: nastyJson,
    metadata: nastyJson,
    created: nastyNumber,
    parent: nastyJson,
    status: nastyText,
  },
  { requiredKeys: ['id', 'object'] },
);

const stripeEvent = fc.record(
  {
    id: fc.oneof(
      fc.stringMatching(/^evt_[a-z0-9]{6}$/),
      nastyText.map((text) => `evt_${text}`),
      nastyJson,
    ),
    object: fc.constantFrom('event', 'v2.core.event', 'x'),
    type: fc.oneof(fc.constantFrom(...TYPES), nastyText),
    api_version: fc.oneof({ weight: 5, arbitrary: fc.constant(STRIPE_API_VERSION) }, nastyText),
    created: fc.oneof(fc.constant(1_770_000_000), nastyNumber),
    livemode: fc.constantFrom(false, false, true),
    account: fc.oneof(fc.constant('acct_1'), nastyJson),
    data: fc.oneof(fc.record({ object: stripeObject }), nastyJson),
    related_object: nastyJson,
  },
  { requiredKeys: ['object', 'type'] },
);

const HEADERS = ['good', 'good', 'good', 'good', 'other', 'old', 'future', 'text', 'none'] as const;

/** The secret is known, so most of them get past the signature. */
export const attackOnWebhook: fc.Arbitrary<Attack> = fc
  .record({
    event: stripeEvent,
    change: rarely(textChange, 5),
    how: fc.constantFrom(...HEADERS),
    text: nastyText,
  })
  .map(({ event, change, how, text }) => {
    const json = JSON.stringify(event);
    const body = change === null ? json : change(json);
    const now = Math.floor(Date.now() / 1000);
    const at = { old: now - 9_999, future: now + 9_999 }[how as 'old'] ?? now;
    const key = how === 'other' ? 'whsec_other' : ATTACKED_SECRETS.STRIPE_WEBHOOK_SECRET_CONNECT;
    const mac = createHmac('sha256', key).update(`${at}.${body}`).digest('hex');
    const header = how === 'text' ? text : `t=${at},v1=${mac}`;
    const headers = { 'content-type': 'application/json' };
    return {
      ...{ kind: 'webhook', method: 'POST', path: '/webhooks/stripe', body },
      headers: how === 'none' ? headers : { ...headers, 'stripe-signature': header },
    };
  });

const CONFIG = { ...ATTACKED_SECRETS, STRIPE_WEBHOOK_SECRET: 'whsec_of_nobody' };
const LINKS = [
  ...[createDashboardLinks(CONFIG), createPortalLinks(CONFIG), createManageLinks(CONFIG)],
] as const;

const token: fc.Arbitrary<string> = fc
  .record({
    links: fc.constantFrom(...LINKS),
    subject: fc.oneof(fc.constantFrom('ada', 'bo', 'nobody'), nastyText),
    seconds: fc.constantFrom(3_600, 3_600, 600_000, -1, 1e9, 0),
    tamper: fc.constantFrom('no', 'no', 'cut', 'dot', 'case', 'text'),
    text: nastyText,
  })
  .map(({ links, subject, seconds, tamper, text }) => {
    const signed = links.sign({ subject, expiresAt: new Date(Date.now() + seconds * 1_000) });
    const changed = {
      cut: signed.slice(0, -1),
      dot: `${signed}.`,
      case: signed.toUpperCase(),
      text,
    };
    return inUrl(changed[tamper as 'cut'] ?? signed);
  });

const PAGES = ['/dashboard', '/dashboard/events', '/billing-portal', '/vendor-dashboard'];

/** Live pages are among them: their streams are left at once. */
export const attackByLink: fc.Arbitrary<Attack> = fc
  .record({
    page: fc.constantFrom(...PAGES, '/vendor-onboarding'),
    token,
    period: fc.option(fc.oneof(fc.constantFrom('current', '2026-01-01'), nastyText)),
    more: fc.constantFrom('', '', '&token=x', '&token[]=x', '&period[a]=b', '#a'),
  })
  .map(({ page, token: signed, period, more }) => {
    const query = period === null ? '' : `&period=${inUrl(period)}`;
    const path = `${page}?token=${signed}${query}${more}`;
    return { kind: `page ${page}`, method: 'GET', path, headers: {}, body: '' };
  });

const ENDPOINTS = [
  ...['/chat/completions', '/responses', '/embeddings', '/completions', '/models'],
  ...['/audio/transcriptions', '/images/edits', '/files', '/organization/x', '//', '/..%2f', ''],
];

const chat = fc
  .record({
    call: fc.record({
      model: fc.oneof(fc.constant('gpt-4o-mini'), nastyJson),
      messages: fc.oneof(fc.constant([{ role: 'user', content: 'a' }]), nastyJson),
      stream: fc.oneof(fc.boolean(), nastyJson),
      stream_options: nastyJson,
    }),
    change: rarely(textChange, 4),
  })
  .map(({ call, change }) => {
    const text = JSON.stringify(call);
    return { type: 'application/json', body: change === null ? text : change(text) };
  });

const upload = fc
  .record({
    boundary: fc.oneof(fc.constantFrom('a', 'x'.repeat(70), '"', ''), nastyText),
    parts: fc.array(
      fc.record({
        name: fc.oneof(fc.constantFrom('model', 'file', 'stream'), nastyText),
        value: nastyText,
        heads: fc.constantFrom(
          '',
          '\r\ncontent-disposition: ;name=model',
          '\r\n x',
          '\r\na:b\r\nc',
        ),
      }),
      { maxLength: 4 },
    ),
    times: fc.constantFrom(1, 1, 1, 200),
    end: fc.constantFrom('--\r\n', '', '\r\n', '--'),
  })
  .map(({ boundary, parts, times, end }) => {
    const each = parts.map(({ name, value, heads }) => {
      const head = `content-disposition: form-data; name="${name}"${heads}`;
      return `--${boundary}\r\n${head}\r\n\r\n${value}\r\n`;
    });
    const body = `${each.join('').repeat(times)}--${boundary}${end}`;
    return { type: `multipart/form-data; boundary=${boundary}`, body };
  });

export const attackOnModels = (keys: { readonly bound: string }): fc.Arbitrary<Attack> =>
  fc
    .record({
      method: fc.constantFrom('POST', 'POST', 'POST', 'GET', 'DELETE'),
      endpoint: fc.constantFrom(...ENDPOINTS),
      sent: fc.oneof(chat, upload),
      more: fc.constantFrom('', '?a=b', '%3fa', ';x', '/'),
      key: fc.oneof({ weight: 5, arbitrary: fc.constant(keys.bound) }, nastyText),
    })
    .map(({ method, endpoint, sent, more, key }) => ({
      ...{ kind: 'models', method, path: `/openai/v1${endpoint}${more}` },
      headers: { authorization: `Bearer ${key}`, 'content-type': sent.type },
      body: method === 'POST' ? sent.body : '',
    }));
