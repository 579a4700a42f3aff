/**
 * A middleware for `wrapLanguageModel` of the Vercel AI SDK 6 (the newest that runs on Node 20),
 * known by its shape only. Version 5 does not tell cached tokens in a way that is the same for all
 * providers, version 7 needs Node 22.
 */
import type { CallUsage } from './call-usage';
import type { TollkeeperClient } from './client';
import { concludeUsage } from './conclude-usage';
import { CALL_HEADER } from './headers';
import { isObject } from './metered-call';
import { meteredEvent } from './metered-event';
import type { CallId } from './metered-event';
import { providerUsage } from './model-usage';
import type { ModelUsage } from './model-usage';
import { readUsage } from './read-usage';
import { meterFailed, recordMetered } from './record-metered';
import { textLength } from './stream-estimate';
import { servedTier } from './usage-details';

export interface MiddlewareOptions {
  readonly tollkeeper: TollkeeperClient;
  /** Who pays for a call; a function is asked as each call leaves. */
  readonly customer: string | (() => string);
  /** The vendor that sells the calls. */
  readonly vendor?: string;
  /** What makes the usage event's id, as `meterOpenAI` has it. Default: `call`. */
  readonly id?: CallId;
}

interface ResponseFacts {
  readonly id?: string;
  readonly modelId?: string;
  readonly timestamp?: Date;
  readonly headers?: Readonly<Record<string, string | undefined>>;
}

interface ModelCall {
  readonly params: { readonly prompt?: unknown };
  readonly model: { readonly modelId: string };
}

interface GenerateResult {
  readonly usage: ModelUsage;
  readonly content?: unknown;
  readonly response?: ResponseFacts;
}

interface StreamResult {
  readonly stream: ReadableStream<unknown>;
  readonly response?: Pick<ResponseFacts, 'headers'>;
}

/** It is what `ai` calls `LanguageModelMiddleware`. */
export interface TollkeeperMiddleware {
  readonly specificationVersion: 'v3';
  wrapGenerate<Result extends GenerateResult>(
    call: ModelCall & { readonly doGenerate: () => PromiseLike<Result> },
  ): Promise<Result>;
  wrapStream<Result extends StreamResult>(
    call: ModelCall & { readonly doStream: () => PromiseLike<Result> },
  ): Promise<Result>;
}

/** Records each call that succeeds; what goes wrong with that is told to `onError`. */
export function tollkeeperMiddleware(options: MiddlewareOptions): TollkeeperMiddleware {
  return {
    specificationVersion: 'v3',
    wrapGenerate: async ({ doGenerate, model, params }) => {
      const payer = payerOf(options);
      const result = await doGenerate();
      const { usage, response: facts = {} } = result;
      const characters = textLength(result.content);
      record(options, { model, params, payer }, { facts, usage, characters, isWhole: true });
      return result;
    },
    wrapStream: async ({ doStream, model, params }) => {
      const payer = payerOf(options);
      const result = await doStream();
      const { headers } = result.response ?? {};
      const stream = watched(result.stream, (answer) => {
        const facts = { headers, ...answer.facts };
        record(options, { model, params, payer }, { ...answer, facts });
      });
      return { ...result, stream };
    },
  };
}

/** Asked at once, while the app still knows who it works for; failing later, if it must. */
function payerOf({ customer }: MiddlewareOptions): () => string {
  if (typeof customer === 'string') return () => customer;
  try {
    const payer = customer();
    return () => payer;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

interface Asked extends ModelCall {
  readonly payer: () => string;
}

/** What was seen of an answer. */
interface Seen {
  readonly facts: ResponseFacts;
  /** undefined: it was not told, since the stream ended before. */
  readonly usage?: ModelUsage;
  readonly characters: number;
  readonly isWhole: boolean;
  readonly isFailed?: boolean;
}

function record(
  { tollkeeper, vendor, id: from = 'call' }: MiddlewareOptions,
  { model, params, payer }: Asked,
  { facts, usage, characters, isWhole, isFailed }: Seen,
): void {
  const call = { endpoint: 'vercel-ai', model: model.modelId, isLookup: false } as const;
  const reported = usage && providerUsage(usage);
  const { tokens, isEstimated, details, faults } = concludeUsage(
    { ...call, body: { prompt: params.prompt } },
    {
      ...{ reading: reported && readUsage(reported), characters, isWhole, isEstimable: true },
      failure: isFailed ? 'broken' : undefined,
    },
  );
  if (faults.length > 0)
    tollkeeper.report(meterFailed(`A call of ${model.modelId}: ${faults.join('; ')}`, undefined));
  if (!tokens) return;
  const { id, modelId, timestamp, headers = {} } = facts;
  const answered: CallUsage = {
    ...{ id, model: modelId, tokens, isEstimated, details, isBackground: false },
    createdAt: timestamp && timestamp.getTime() / 1000,
    tier: isObject(usage?.raw) ? servedTier({}, usage.raw) : undefined,
  };
  void recordMetered(tollkeeper, () =>
    meteredEvent(tollkeeper, call, answered, {
      ...{ ids: { from, proxied: headers[CALL_HEADER] }, customer: payer(), vendor },
      model: model.modelId,
    }),
  );
}

interface StreamPart extends ResponseFacts {
  readonly type?: string;
  readonly delta?: unknown;
  readonly usage?: ModelUsage;
  readonly finishReason?: unknown;
}

const isFailure = ({ type, finishReason: reason }: StreamPart): boolean =>
  type === 'error' || (isObject(reason) ? reason.unified : reason) === 'error';

/** Tells what was seen once: by the last part, or when the stream ends without it. */
function watched(
  stream: ReadableStream<unknown>,
  settle: (answer: Seen) => void,
): ReadableStream<unknown> {
  const reader = stream.getReader();
  let facts: ResponseFacts = {};
  let characters = 0;
  let isSettled = false;
  let isFailed = false;
  const finish = (isWhole: boolean, usage?: ModelUsage) => {
    if (!isSettled) settle({ facts, usage, characters, isWhole, isFailed });
    isSettled = true;
  };
  const note = (part: StreamPart) => {
    if (isFailure(part)) isFailed = true;
    if (part.type === 'response-metadata') facts = part;
    else if (part.type === 'finish') finish(true, part.usage);
    else if (typeof part.delta === 'string') characters += textLength(part.delta);
  };
  return new ReadableStream<unknown>(
    {
      pull: async (controller) => {
        try {
          const { done, value } = await reader.read();
          if (!done) note(value as StreamPart);
          if (done) finish(true);
          if (done) controller.close();
          else controller.enqueue(value);
        } catch (error) {
          finish(false);
          controller.error(error);
        }
      },
      cancel: async (reason) => {
        finish(false);
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
