/** Reads and fills in the page of an invoice as a browser would. */
import { inflateSync } from 'node:zlib';

const CARD = { expiry: '12 / 34', cvc: '123', name: 'Ada Lovelace' };

export const payInvoiceAt = (url: string | null | undefined, number: string, more: object = {}) =>
  submit(`${url}/pay`, { ...CARD, number, ...more });

export const answerBankAt = (url: string | null | undefined, outcome: 'fail' | 'succeed') =>
  submit(`${url}/answer`, { outcome });

async function submit(url: string, fields: Record<string, string>): Promise<string> {
  const answer = await fetch(url, { method: 'POST', body: new URLSearchParams(fields) });
  return (await answer.text()).replaceAll('&#39;', "'");
}

/** What is written in a PDF, without where; its fonts have one byte a character. */
export function textOf(pdf: Buffer): string {
  const texts: string[] = [];
  for (let at = pdf.indexOf('stream\n'); at >= 0; at = pdf.indexOf('stream\n', at + 1)) {
    const start = at + 'stream\n'.length;
    if (pdf.subarray(at - 3, at).toString() === 'end') continue;
    const stream = pdf.subarray(start, pdf.indexOf('endstream', start));
    const commands = inflated(stream);
    for (const [, array = ''] of commands.matchAll(/\[(.*?)\] TJ/g)) {
      const hexes = [...array.matchAll(/<([\da-f]*)>/g)].map(([, hex = '']) => hex);
      texts.push(Buffer.from(hexes.join(''), 'hex').toString('latin1'));
    }
  }
  return texts.join('\n');
}

function inflated(stream: Buffer): string {
  try {
    return inflateSync(stream).toString('latin1');
  } catch {
    // It is no page but a font or an image.
    return '';
  }
}
