/** Why something was not done, in words for the customer, and what is known of it all the same. */

/** `code` is stable, and made to be compared; `message` is what the customer is told. */
export class Refusal extends Error {
  constructor(
    readonly code: string,
    text: string,
  ) {
    super(text);
  }
}

export const UNREACHABLE =
  'We could not be reached. Press the button once more: it is done once, however often you press it.';

/** What these say is that nothing was done, so a next try is another order. */
export const isDecided = ({ code }: Refusal): boolean =>
  !['unreachable', 'billing_unavailable', 'stripe_error', 'internal_error'].includes(code);

export const asRefusal = (error: unknown): Refusal =>
  error instanceof Refusal ? error : new Refusal('unexpected', String(error));

interface Problem {
  readonly code?: string;
  readonly detail?: string;
}

/** The JSON of an answer that is good; throws a Refusal for what any other one says. */
export async function contentOf<T>(response: Response): Promise<T> {
  const answer: unknown = await response.json().catch(() => null);
  if (response.ok && answer !== null) return answer as T;
  const { code = 'unreachable', detail = UNREACHABLE } = (answer ?? {}) as Problem;
  throw new Refusal(code, detail);
}

const KEY_BYTES = 16;

/** The same one is the same order, however often it is sent. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
