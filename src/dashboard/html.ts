/** HTML as a tagged template: what is put in is escaped, unless it is HTML made here. */

/** Only `html` makes one, so text from outside never passes as markup. */
export class Html {
  private constructor(readonly markup: string) {}
  static readonly fromTemplate = (parts: readonly string[], values: readonly HtmlValue[]): Html =>
    new Html(parts.reduce((markup, part, index) => markup + toMarkup(values[index - 1]) + part));
}

/** undefined, null and false render nothing, so that `condition && html…` works. */
export type HtmlValue = Html | string | number | undefined | null | false | readonly HtmlValue[];

export const html = (parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html =>
  Html.fromTemplate(parts, values);

function toMarkup(value: HtmlValue): string {
  if (value === undefined || value === null || value === false) return '';
  if (value instanceof Html) return value.markup;
  if (typeof value === 'object') return value.map(toMarkup).join('');
  return escape(String(value));
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Safe as text and inside a quoted attribute; attributes are always quoted here. */
const escape = (text: string): string => text.replace(/[&<>"']/g, (sign) => ESCAPES[sign] ?? '');
