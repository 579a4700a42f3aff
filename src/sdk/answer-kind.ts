/** What kind of answer passes: by what it calls itself, and by how it begins. */

export type AnswerKind =
  /** Server-sent events. */
  | 'stream'
  /** Amazon's events. */
  | 'amazon'
  /** JSON, whole. */
  | 'plain'
  /** Sound, pictures, subtitles: they tell nothing, and are long. */
  | 'other';

export const isEventStream = (contentType: string): boolean =>
  /^\s*text\/event-stream\b/i.test(contentType);

const isJson = (contentType: string): boolean =>
  contentType === '' || /[/+]json\b/i.test(contentType);

const MEDIA = /^\s*(audio|image|video|application\/octet-stream)\b/i;

/** undefined: its beginning has to tell, for gateways send events as JSON, and JSON as text. */
export function kindByType(contentType: string): AnswerKind | undefined {
  if (isEventStream(contentType)) return 'stream';
  if (/^\s*application\/vnd\.amazon\.eventstream\b/i.test(contentType)) return 'amazon';
  return MEDIA.test(contentType) ? 'other' : undefined;
}

const EVENT_FIELDS = ['data:', 'event:', 'id:', 'retry:', ':'];

/** `beginning`: what has come so far. undefined: it is too little to tell. */
export function kindByBeginning(beginning: string, contentType: string): AnswerKind | undefined {
  const text = beginning.replace(/^[\ufeff\s]+/, '');
  if (EVENT_FIELDS.some((field) => text.startsWith(field))) return 'stream';
  if (text === '' || EVENT_FIELDS.some((field) => field.startsWith(text))) return undefined;
  return isJson(contentType) || /^[{[]/.test(text) ? 'plain' : 'other';
}
