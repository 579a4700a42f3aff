/**
 * The results of a batch as they pass: each line is one call, known by what the provider calls it,
 * so that it counts once, whoever reads it and however often. A line passes when it has been read.
 */
import { createHash } from 'node:crypto';
import { watchCall } from '../../../sdk/call-usage';
import type { CallUsage } from '../../../sdk/call-usage';
import { callOf, isObject, parseObject } from '../../../sdk/metered-call';
import type { Endpoint } from '../../../sdk/metered-call';
import { meteredEvent, modelOf } from '../../../sdk/metered-event';
import { recordMetered } from '../../../sdk/record-metered';
import { TollkeeperError } from '../../../sdk/tollkeeper-error';
import type { UsageFilter } from '../../../sdk/usage-filter';
import type { UsageRecorder } from '../../../sdk/usage-recorder';
import type { MadeBatch } from '../../../db/made-batches';

/** A line has one answer; pictures are the longest. */
const LINE_BYTES_MAX = 64 * 1024 * 1024;
const LINE_END = 0x0a;
/** Rates tell it from a call that is answered at once. */
const TIER = 'batch';

/** What an answer calls itself tells which endpoint has given it. */
const ENDPOINTS: Readonly<Record<string, Endpoint>> = {
  list: 'embeddings',
  message: 'messages',
  response: 'responses',
  text_completion: 'completions',
};

export interface Results {
  readonly recorder: UsageRecorder;
  readonly batch: MadeBatch;
  /** Usage is of that moment: it is the same whenever they are read again. */
  readonly readAt: Date;
}

export interface ResultReader extends UsageFilter {
  /** Resolves when what was read so far is on the disk. */
  recorded(): Promise<void>;
  /** They were read to their end. */
  isWhole(): boolean;
}

export function readResults(results: Results): ResultReader {
  let pieces: Uint8Array[] = [];
  let bytes = 0;
  let isWhole = false;
  let records: Promise<void>[] = [];
  const record = recordingOf(results);
  const take = (line: Buffer) => void records.push(...record(line.toString('utf8')));
  return {
    pass: (chunk) => {
      const end = chunk.lastIndexOf(LINE_END);
      if (end < 0) {
        bytes += chunk.length;
        if (bytes > LINE_BYTES_MAX) throw tooLong(results);
        pieces.push(chunk);
        return new Uint8Array();
      }
      const wholeLines = Buffer.concat([...pieces, chunk.subarray(0, end + 1)]);
      const rest = chunk.subarray(end + 1);
      [pieces, bytes] = [[rest], rest.length];
      for (const line of linesOf(wholeLines)) take(line);
      return wholeLines;
    },
    end: () => {
      const lastLine = Buffer.concat(pieces);
      pieces = [];
      take(lastLine);
      isWhole = true;
      return lastLine;
    },
    broken: () => undefined,
    isStream: () => true,
    recorded: async () => {
      const newRecords = records;
      records = [];
      await Promise.all(newRecords);
    },
    isWhole: () => isWhole,
  };
}

function* linesOf(text: Buffer): Generator<Buffer> {
  for (let start = 0; start < text.length;) {
    const end = text.indexOf(LINE_END, start);
    yield text.subarray(start, end);
    start = end + 1;
  }
}

type Json = Readonly<Record<string, unknown>>;

/** Returns what has to be waited for: the usage of a line, or nothing. */
function recordingOf({ recorder, batch, readAt }: Results) {
  /** A server may call several lines the same: they are told apart by how many came before. */
  const times = new Map<string, number>();
  return (line: string): Promise<void>[] => {
    const result = parseObject(line);
    const answer = answerOf(result);
    if (answer === undefined) return [];
    const name = JSON.stringify([result.id, result.custom_id, answer.id]);
    const time = (times.get(name) ?? 0) + 1;
    times.set(name, time);
    const id = idOf(batch, `${name}${time}`);
    const records: Promise<void>[] = [];
    const call = callOf(ENDPOINTS[String(answer.object ?? answer.type)] ?? 'chat', 'POST', {});
    const settle = (usage: CallUsage) => {
      const batchUsage = { ...usage, tier: TIER, isBackground: false };
      const facts = { ids: { from: 'call', proxied: id } as const, customer: batch.customer };
      const make = () => {
        const model = modelOf(call, usage.model);
        const event = meteredEvent(recorder, call, batchUsage, { ...facts, model });
        const metadata = { ...event.metadata, batch: batch.id };
        return { ...event, metadata, occurredAt: readAt };
      };
      records.push(recordMetered(recorder, make));
    };
    watchCall(call, settle, (error) => recorder.report(error)).answered(answer);
    return records;
  };
}

/** OpenAI's lines have a response, Anthropic's a message; of what failed there is neither. */
function answerOf({ response, result }: Json): Json | undefined {
  const answer = isObject(response) ? response.body : isObject(result) ? result.message : undefined;
  return isObject(answer) ? answer : undefined;
}

function idOf({ upstream, id }: MadeBatch, line: string): string {
  const hash = createHash('sha256').update(JSON.stringify([upstream, id, line]));
  return `batch-${hash.digest('base64url').slice(0, 32)}`;
}

function tooLong({ batch }: Results): TollkeeperError {
  const message = `A line of the results of ${batch.id} has more than ${LINE_BYTES_MAX} bytes.`;
  return new TollkeeperError('meter_failed', message);
}
