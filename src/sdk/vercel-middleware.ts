/**
 * A middleware for `wrapLanguageModel` of the Vercel AI SDK 6 (the newest that runs on Node 20),
 * known by its shape only. Version 5 does not tell cached tokens in a way that is the same for all
 * providers, version 7 needs Node 22.
 */
import { randomUUID } from 'node:crypto';
import type { TollkeeperClient } from './client';
import { recordMetered } from './record-metered';
import { estimatedTokens, textLength } from './stream-estimate';
import type { TokenCounts } from './usage-event';

export interface MiddlewareOptions {
  readonly tollkeeper: TollkeeperClient;
  /** Who pays for a call; a function is asked as each call leaves. */
  readonly customer: string | (() => string);
  /** The vendor that sells the calls. */
  readonly vendor?: string;
}

type Count = number | undefined;

/** It is what `ai` calls `LanguageModelV3Usage`. */
interface ModelUsage {
  readonly inputTokens: {
    readonly total: Count;
    readonly noCache: Count;
    readonly cacheRead: Count;
    readonly cacheWrite: Count;
  };
  readonly outputTokens: { readonly total: Count; readonly text: Count; readonly reasoning: Count };
}

interface ResponseFacts {
  readonly id?: string;
  readonly modelId?: string;
  readonly timestamp?: Date;
}

interface ModelCall {
  readonly params: { readonly prompt?: unknown };
  readonly model: { readonly modelId: string };
}

interface GenerateResult {
  readonly usage: ModelUsage;
  readonly response?: ResponseFacts;
}

interface StreamResult {
  readonly stream: ReadableStream<unknown>;
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
    wrapGenerate: async ({ doGenerate, model }) => {
      const payer = payerOf(options);
      const result = await doGenerate();
      record(options, model, payer, result.response ?? {}, () => tokensOf(result.usage));
      return result;
    },
    wrapStream: async ({ doStream, model, params }) => {
      const payer = payerOf(options);
      const result = await doStream();
      const stream = watched(result.stream, (facts, usage, characters) => {
        const estimate = () => ({
          input: estimatedTokens(textLength(params.prompt)),
          output: estimatedTokens(characters),
        });
        record(options, model, payer, facts, () => (usage ? tokensOf(usage) : estimate()), !usage);
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

function record(
  { tollkeeper, vendor }: MiddlewareOptions,
  model: ModelCall['model'],
  payer: () => string,
  { id = randomUUID(), modelId, timestamp }: ResponseFacts,
  tokens: () => TokenCounts,
  isEstimated = false,
): void {
  void recordMetered(tollkeeper, () => ({
    id,
    customer: payer(),
    model: model.modelId,
    tokens: tokens(),
    occurredAt: tollkeeper.timeOf(timestamp && timestamp.getTime() / 1000),
    vendor,
    metadata: {
      endpoint: 'vercel-ai',
      ...(modelId !== undefined && { reportedModel: modelId }),
      ...(isEstimated && { estimated: 'true' }),
    },
  }));
}

/** Totals count: a part that a provider does not tell is in the rest. */
function tokensOf({ inputTokens, outputTokens }: ModelUsage): TokenCounts {
  const { cacheRead = 0, cacheWrite = 0, noCache = 0 } = inputTokens;
  const { reasoning = 0, text = 0 } = outputTokens;
  const rest = (total: Count, parts: number, reported: number) =>
    total === undefined ? reported : Math.max(0, total - parts);
  return {
    input: rest(inputTokens.total, cacheRead + cacheWrite, noCache),
    output: rest(outputTokens.total, reasoning, text),
    ...(cacheRead > 0 && { cacheRead }),
    ...(cacheWrite > 0 && { cacheWrite }),
    ...(reasoning > 0 && { reasoning }),
  };
}

interface StreamPart extends ResponseFacts {
  readonly type?: string;
  readonly delta?: unknown;
  readonly usage?: ModelUsage;
}

/** Tells what was used once: by the last part, or when the stream ends without it. */
function watched(
  stream: ReadableStream<unknown>,
  settle: (facts: ResponseFacts, usage: ModelUsage | undefined, characters: number) => void,
): ReadableStream<unknown> {
  const reader = stream.getReader();
  let facts: ResponseFacts = {};
  let characters = 0;
  let isSettled = false;
  let isFailed = false;
  const finish = (usage?: ModelUsage) => {
    if (!isSettled && (usage || characters > 0 || !isFailed)) settle(facts, usage, characters);
    isSettled = true;
  };
  const note = (part: StreamPart) => {
    if (part.type === 'response-metadata') facts = part;
    else if (part.type === 'error') isFailed = true;
    else if (part.type === 'finish') finish(part.usage);
    else if (typeof part.delta === 'string') characters += part.delta.length;
  };
  return new ReadableStream<unknown>(
    {
      pull: async (controller) => {
        try {
          const { done, value } = await reader.read();
          if (!done) note(value as StreamPart);
          if (done) finish();
          if (done) controller.close();
          else controller.enqueue(value);
        } catch (error) {
          finish();
          controller.error(error);
        }
      },
      cancel: async (reason) => {
        finish();
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
