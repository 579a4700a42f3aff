/** What a provider's answer tells of usage, read as it passes, and what of it the app is shown. */
import type { CallWatch } from './call-usage';
import { parseObject } from './metered-call';

export interface UsageFilterOptions {
  readonly watch: CallWatch;
  /** Chunks that are only about usage stay here. */
  readonly hidesUsage: boolean;
}

/** What passes of a chunk, and of the end. */
export interface UsageFilter {
  pass(chunk: Uint8Array): Uint8Array;
  end(): Uint8Array;
  broken(): void;
}

export const isEventStream = (contentType: string): boolean =>
  /^text\/event-stream\b/.test(contentType);

export function usageFilter(contentType: string, options: UsageFilterOptions): UsageFilter {
  if (isEventStream(contentType)) return streamFilter(options);
  // Sound and subtitles tell nothing, and are long.
  return isJson(contentType) ? answerFilter(options.watch) : PASSING;
}

const isJson = (contentType: string) => contentType === '' || /[/+]json\b/.test(contentType);

const NOTHING = new Uint8Array();

const PASSING: UsageFilter = {
  pass: (chunk) => chunk,
  end: () => NOTHING,
  broken: () => undefined,
};

/** A plain answer: kept to be read as a whole. One that breaks off is a failed call. */
function answerFilter(watch: CallWatch): UsageFilter {
  const chunks: Uint8Array[] = [];
  return {
    pass: (chunk) => {
      chunks.push(chunk);
      return chunk;
    },
    end: () => {
      watch.answered(parseObject(Buffer.concat(chunks).toString('utf8')));
      return NOTHING;
    },
    broken: () => undefined,
  };
}

const EVENT_END = /\r\n\r\n|\n\n|\r\r/g;
/** One less than the longest of them, which a chunk may cut in two. */
const CUT_END = 3;

/** It passes server-sent events, whole ones at a time. */
function streamFilter({ watch, hidesUsage }: UsageFilterOptions): UsageFilter {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let rest = '';
  const passing = (text: string): string => {
    const data = dataOf(text);
    // Nothing follows, and who reads on may be gone before the connection says so.
    if (data === '[DONE]') watch.ended(true);
    const isOnlyUsage = data.startsWith('{') && watch.streamed(parseObject(data));
    return isOnlyUsage && hidesUsage ? '' : text;
  };
  return {
    pass: (chunk) => {
      // Pictures are long events of many chunks: what was looked through is not again.
      const ends = new RegExp(EVENT_END);
      ends.lastIndex = Math.max(0, rest.length - CUT_END);
      rest += decoder.decode(chunk, { stream: true });
      let passedText = '';
      let start = 0;
      while (ends.test(rest)) {
        passedText += passing(rest.slice(start, ends.lastIndex));
        start = ends.lastIndex;
      }
      rest = rest.slice(start);
      return Buffer.from(passedText);
    },
    end: () => {
      const lastPart = passing(rest + decoder.decode());
      watch.ended(true);
      return Buffer.from(lastPart);
    },
    broken: () => watch.ended(false),
  };
}

/** What an event carries: JSON, or `[DONE]`; nothing, of comments. */
const dataOf = (text: string): string =>
  text
    .split(/\r\n|\n|\r/)
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice('data:'.length).trimStart())
    .join('\n');
