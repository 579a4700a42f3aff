/** Fills in the sandbox's Checkout page as a browser would; answers the page that follows. */

const CARD = { expiry: '12 / 34', cvc: '123', name: 'Ada Lovelace' };

export function payAt(
  url: string | null,
  number: string,
  more: { email?: string } = {},
): Promise<string> {
  return submit(`${url}/pay`, { ...CARD, number, ...more });
}

/** No code takes away the one that was entered. */
export const enterCodeAt = (url: string | null, code: string): Promise<string> =>
  submit(`${url}/promotion`, { code });

export const answerBankOf = (url: string | null, outcome: 'fail' | 'succeed'): Promise<string> =>
  submit(`${url}/answer`, { outcome });

async function submit(url: string, fields: Record<string, string>): Promise<string> {
  const answer = await fetch(url, { method: 'POST', body: new URLSearchParams(fields) });
  return (await answer.text()).replaceAll('&#39;', "'");
}
