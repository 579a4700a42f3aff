/** What an event of a stream, or a plain answer, says of how the call goes. */
import { isObject } from './metered-call';

type Event = Readonly<Record<string, unknown>>;

export type Failure =
  /** Nothing follows, and nobody is billed but for what is told. */
  | 'for_good'
  /** Something broke: what had arrived was made. */
  | 'broken';

/** undefined: it does not fail. */
export function failureOf(event: Event): Failure | undefined {
  const response = isObject(event.response) ? event.response : event;
  const status = event.type === undefined || isObject(event.response) ? response.status : undefined;
  const isEnded = /^response\.(failed|cancelled)$/.test(String(event.type));
  if (isEnded || status === 'failed' || status === 'cancelled') return 'for_good';
  if (event.error || event.type === 'error') return 'broken';
  const choices = Array.isArray(event.choices) ? event.choices.filter(isObject) : [];
  return choices.some(({ finish_reason: reason }) => reason === 'error') ? 'broken' : undefined;
}

/** The text is over, and what may still come is its usage. */
export function endsText(event: Event): boolean {
  const { type } = event;
  if (typeof type === 'string')
    return /\.(done|completed|incomplete|failed)$|^content_block_stop$|^message_(delta|stop)$/.test(
      type,
    );
  if (event.done === true || 'messageStop' in event || 'contentBlockStop' in event) return true;
  const parts = [event.choices, event.candidates].flatMap((list) =>
    Array.isArray(list) ? list.filter(isObject) : [],
  );
  return parts.some(({ finish_reason, finishReason }) => Boolean(finish_reason ?? finishReason));
}

/** The event that ends a response, a message or a transcription. */
export const isLast = ({ type }: Event): boolean =>
  typeof type === 'string' && /\.(completed|incomplete|failed|cancelled|done)$/.test(type);

/** A chunk that an app which did not ask for usage would never have got. */
export const isOnlyUsage = ({ choices, usage }: Event): boolean =>
  Array.isArray(choices) && choices.length === 0 && isObject(usage);
