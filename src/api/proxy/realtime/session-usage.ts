/**
 * What a session uses, read from the provider's events as they pass: each response tells it when it
 * is done, each transcription of what was said when it is completed.
 */
import { watchCall } from '../../../sdk/call-usage';
import type { CallUsage, CallWatch } from '../../../sdk/call-usage';
import { usageIn } from '../../../sdk/find-usage';
import { callOf, isObject, parseObject } from '../../../sdk/metered-call';
import type { Endpoint } from '../../../sdk/metered-call';
import { meteredEvent, modelOf } from '../../../sdk/metered-event';
import { readUsage } from '../../../sdk/read-usage';
import { recordMetered } from '../../../sdk/record-metered';
import type { UsageRecorder } from '../../../sdk/usage-recorder';

type Json = Readonly<Record<string, unknown>>;

export interface SessionUsage {
  /** One event of the provider's. Resolves when what it told is on the disk. */
  received(text: string): Promise<void>;
  /** The session is over: responses that were not done are estimated, and marked. */
  ended(): Promise<void>;
}

export interface SessionOwner {
  readonly recorder: UsageRecorder;
  readonly customer: string;
  /** The caller asked for it; empty where the session only transcribes. */
  readonly model: string;
}

/** A session has one at a time, and a few beside it. */
const RESPONSES_MAX = 1_000;

export function watchSession({ recorder, customer, model }: SessionOwner): SessionUsage {
  const responses = new Map<string, CallWatch>();
  let records: Promise<void>[] = [];
  /** A response that breaks off has read at least what the one before it had read. */
  let lastInput = 0;
  let transcriber = '';
  const watch = (endpoint: Endpoint, name: string): CallWatch => {
    const call = callOf(endpoint, 'POST', { model: name });
    const settle = (usage: CallUsage) => {
      const facts = { ids: { from: 'call' } as const, customer, model: modelOf(call, usage.model) };
      records.push(recordMetered(recorder, () => meteredEvent(recorder, call, usage, facts)));
    };
    return watchCall(call, settle, (error) => recorder.report(error));
  };
  const responseOf = (id: string): CallWatch => {
    const response = responses.get(id) ?? watch('realtime', model);
    responses.set(id, response);
    const [oldest] = responses;
    if (responses.size > RESPONSES_MAX && oldest) end(...oldest);
    return response;
  };
  const end = (id: string, response: CallWatch): void => {
    responses.delete(id);
    if (lastInput > 0) response.streamed({ usage: { input_tokens: lastInput } });
    response.ended(false);
  };
  const take = (event: Json): void => {
    transcriber = transcriberIn(event) ?? transcriber;
    if (event.type === 'conversation.item.input_audio_transcription.completed')
      watch('audio', transcriber).answered(event);
    const id = responseIdIn(event);
    if (id === undefined) return;
    const response = responseOf(id);
    response.streamed(event);
    if (event.type !== 'response.done') return;
    response.ended(true);
    responses.delete(id);
    lastInput = inputIn(event) ?? lastInput;
  };
  const written = async (): Promise<void> => {
    const newRecords = records;
    records = [];
    await Promise.all(newRecords);
  };
  return {
    received: (text) => {
      take(parseObject(text));
      return written();
    },
    ended: () => {
      for (const [id, response] of [...responses]) end(id, response);
      return written();
    },
  };
}

function responseIdIn({ response, response_id: id }: Json): string | undefined {
  const named = isObject(response) ? response.id : id;
  return typeof named === 'string' ? named : undefined;
}

function inputIn(event: Json): number | undefined {
  const usage = usageIn(event);
  const { tokens } = usage ? readUsage(usage) : {};
  return tokens && (tokens.input ?? 0) + (tokens.cacheRead ?? 0);
}

/** Which model writes down what is said, as the session has it: of today's API, or of its beta. */
function transcriberIn({ session }: Json): string | undefined {
  if (!isObject(session)) return undefined;
  const input = isObject(session.audio) ? session.audio.input : undefined;
  const transcription = isObject(input) ? input.transcription : session.input_audio_transcription;
  const model = isObject(transcription) ? transcription.model : undefined;
  return typeof model === 'string' ? model : undefined;
}
