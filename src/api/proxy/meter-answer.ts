/** What stands beside an answer on its way: who watches it, and when its usage is on the disk. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isEventStream } from '../../sdk/answer-kind';
import { watchCall } from '../../sdk/call-usage';
import type { CallUsage, CallWatch } from '../../sdk/call-usage';
import { isStreamAsked } from '../../sdk/metered-call';
import { meteredEvent, modelOf } from '../../sdk/metered-event';
import { recordMetered } from '../../sdk/record-metered';
import type { UsageRecorder } from '../../sdk/usage-recorder';
import { usageFilter } from '../../sdk/usage-filter';
import type { Exchange } from './ask-provider';
import { watchMade } from './own-responses';
import type { OwnResponses } from './own-responses';
import { typeOf } from './pass-answer';
import type { Metering } from './pass-answer';

/** A disk that takes longer may lose usage in a power cut, but holds up no answer. */
const RECORD_MS_MAX = 1_000;

export interface MeteringDeps {
  readonly recorder: UsageRecorder;
  readonly ownResponses: OwnResponses | undefined;
}

export function meteringOf(
  { recorder, ownResponses }: MeteringDeps,
  customer: string,
  { answer, call, hidesUsage }: Exchange,
  signal: AbortSignal,
): Metering & { readonly watch: CallWatch } {
  const callId = randomUUID();
  const ids = { from: 'call', proxied: callId, request: requestIdOf(answer) } as const;
  let record: Promise<void> = Promise.resolve();
  const settle = (usage: CallUsage) => {
    const model = modelOf(call, usage.model);
    record = inTime(
      recordMetered(recorder, () => meteredEvent(recorder, call, usage, { ids, customer, model })),
    );
  };
  let noting: Promise<void> = Promise.resolve();
  const bareWatch = watchCall(call, settle, (error) => recorder.report(error));
  const isMade = ownResponses !== undefined && call.endpoint === 'responses' && !call.isLookup;
  const watch = isMade
    ? watchMade(bareWatch, (id) => (noting = inTime(ownResponses.note({ customer, id }))))
    : bareWatch;
  return {
    ...{ callId, watch },
    filter: usageFilter(typeOf(answer), { watch, hidesUsage }),
    mayBeStream: isEventStream(typeOf(answer)) || isStreamAsked(call),
    recorded: async () => void (await Promise.all([record, noting])),
    signal,
  };
}

/** Anthropic calls it otherwise than all the others. */
function requestIdOf({ headers }: IncomingMessage): string | undefined {
  const id = headers['x-request-id'] ?? headers['request-id'];
  return typeof id === 'string' ? id : undefined;
}

/** Resolves when it has, or when it takes too long. */
export function inTime(recording: Promise<void> = Promise.resolve()): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, RECORD_MS_MAX);
    void recording.finally(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
