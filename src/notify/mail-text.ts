/** Words and marks of e-mails: numbers and days for people, and text that is safe as HTML. */

export interface Mail {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

const DAY = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' });

/** "1 February 2026", in UTC as periods are. */
export const day = (iso: string): string => DAY.format(new Date(iso));

/** A price as the catalog writes it: "$3.00", in other currencies "3.00 EUR". */
export const priceText = (price: string, currency: string): string =>
  currency === 'usd' ? `$${price}` : `${price} ${currency.toUpperCase()}`;

/** Names come from outside: one line, and nothing that a terminal or a header would act on. */
export const oneLine = (text: string): string =>
  text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** It is safe as text and inside a quoted attribute. */
const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => ESCAPES[sign] ?? '');

/** Paragraphs as text and as HTML, from one source, so that they can't say different things. */
export type Paragraph =
  | { readonly text: string }
  | { readonly list: readonly string[] }
  | { readonly text: string; readonly url: string };

export function bothBodies(paragraphs: readonly Paragraph[]): Pick<Mail, 'text' | 'html'> {
  return {
    text: `${paragraphs.map(asText).join('\n\n')}\n`,
    html:
      '<!doctype html><html lang="en"><head><meta charset="utf-8"></head>' +
      '<body style="font:16px/1.5 system-ui,sans-serif;color:#1a1a1a;max-width:36rem;' +
      `margin:0 auto;padding:24px">${paragraphs.map(asHtml).join('\n')}</body></html>`,
  };
}

function asText(paragraph: Paragraph): string {
  if ('list' in paragraph) return paragraph.list.map((item) => `- ${item}`).join('\n');
  return 'url' in paragraph ? `${paragraph.text}:\n${paragraph.url}` : paragraph.text;
}

function asHtml(paragraph: Paragraph): string {
  if ('list' in paragraph)
    return `<ul>${paragraph.list.map((item) => `<li>${escaped(item)}</li>`).join('')}</ul>`;
  if ('url' in paragraph)
    return `<p><a href="${escaped(paragraph.url)}">${escaped(paragraph.text)}</a></p>`;
  return `<p>${escaped(paragraph.text)}</p>`;
}
