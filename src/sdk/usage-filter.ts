/** What a provider's answer tells of usage, read as it passes, and what of it the app is shown. */
import { amazonEvents } from './amazon-events';
import { kindByBeginning, kindByType } from './answer-kind';
import type { CallWatch } from './call-usage';
import { isObject, parseObject } from './metered-call';

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
  /** It passes events one by one, of which some may stay here. */
  isStream(): boolean;
}

export function usageFilter(contentType: string, options: UsageFilterOptions): UsageFilter {
  const kind = kindByType(contentType);
  if (kind === 'stream') return streamFilter(options);
  if (kind === 'amazon') return amazonFilter(options.watch);
  return kind === 'other' ? PASSING : undecidedFilter(contentType, options);
}

const NOTHING = new Uint8Array();

const PASSING: UsageFilter = {
  pass: (chunk) => chunk,
  end: () => NOTHING,
  broken: () => undefined,
  isStream: () => false,
};

/** The first bytes decide: until then they wait here. */
function undecidedFilter(contentType: string, options: UsageFilterOptions): UsageFilter {
  let beginning: Uint8Array = NOTHING;
  let decided: UsageFilter | undefined;
  return {
    pass: (chunk) => {
      if (decided) return decided.pass(chunk);
      beginning = beginning.length === 0 ? chunk : Buffer.concat([beginning, chunk]);
      const kind = kindByBeginning(Buffer.from(beginning).toString('utf8'), contentType);
      if (kind === undefined) return NOTHING;
      if (kind === 'stream') decided = streamFilter(options);
      else decided = kind === 'plain' ? plainFilter(options.watch) : PASSING;
      return decided.pass(beginning);
    },
    end: () => {
      if (decided) return decided.end();
      options.watch.answered({});
      return beginning;
    },
    broken: () => decided?.broken(),
    isStream: () => decided?.isStream() ?? false,
  };
}

/** A plain answer: kept to be read as a whole. One that breaks off is a failed call. */
function plainFilter(watch: CallWatch): UsageFilter {
  const chunks: Uint8Array[] = [];
  return {
    pass: (chunk) => {
      chunks.push(chunk);
      return chunk;
    },
    end: () => {
      const text = Buffer.concat(chunks).toString('utf8');
      if (text.trimStart().startsWith('[')) readList(text, watch);
      else watch.answered(parseObject(text));
      return NOTHING;
    },
    broken: () => undefined,
    isStream: () => false,
  };
}

/** Gemini sends the events of a stream as one list, unless it is asked for server-sent ones. */
function readList(text: string, watch: CallWatch): void {
  const { list } = parseObject(`{"list":${text}}`);
  if (!Array.isArray(list)) return;
  for (const event of list.filter(isObject)) watch.streamed(event);
  watch.ended(true);
}

function amazonFilter(watch: CallWatch): UsageFilter {
  const eventsOf = amazonEvents();
  return {
    pass: (chunk) => {
      for (const event of eventsOf(chunk)) watch.streamed(event);
      return chunk;
    },
    end: () => {
      watch.ended(true);
      return NOTHING;
    },
    broken: () => watch.ended(false),
    isStream: () => true,
  };
}

/** Two ends of lines, of whichever kind. */
const EVENT_END = /(?:\r\n|\n|\r(?!\n)){2}/g;
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
    isStream: () => true,
  };
}

/** What an event carries: JSON, or `[DONE]`; nothing, of comments. */
const dataOf = (text: string): string =>
  text
    .split(/\r\n|\n|\r/)
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice('data:'.length).trimStart())
    .join('\n');
