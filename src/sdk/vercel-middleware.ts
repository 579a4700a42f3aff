/**
 * A middleware for models of the Vercel AI SDK 5, 6 and 7, which are known by their shape only:
 * their specification is `v2`, `v3` and `v4`. Of the first, usage is read from the provider's own
 * words where they come by, since what it tells itself is another thing with each provider.
 */
import type { CallUsage } from './call-usage';
import type { TollkeeperClient } from './client';
import { concludeUsage } from './conclude-usage';
import { usageIn } from './find-usage';
import { CALL_HEADER } from './headers';
import { isObject } from './metered-call';
import type { Endpoint } from './metered-call';
import { meteredEvent } from './metered-event';
import type { CallId } from './metered-event';
import { metadataTier, metadataUsage, watchedStream } from './model-stream';
import type { ResponseFacts, Seen } from './model-stream';
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

interface ModelCall {
  readonly params: { readonly prompt?: unknown; readonly values?: unknown };
  readonly model: { readonly modelId: string };
}

interface GenerateResult {
  readonly usage?: ModelUsage;
  readonly content?: unknown;
  /** Models of images have them. */
  readonly images?: unknown;
  readonly providerMetadata?: unknown;
  readonly response?: ResponseFacts & { readonly body?: unknown };
}

interface StreamResult {
  readonly stream: ReadableStream<unknown>;
  readonly response?: Pick<ResponseFacts, 'headers'>;
}

interface EmbedResult {
  readonly usage?: { readonly tokens: number };
  readonly response?: Pick<ResponseFacts, 'headers'> & { readonly body?: unknown };
}

/** It is what `ai` calls `LanguageModelMiddleware`, and those of embeddings and images. */
export interface TollkeeperMiddleware {
  /** `ai` 6 wants `v3` and `ai` 7 `v4`: its type is of either, and neither reads it. */
  readonly specificationVersion: never;
  transformParams<Params extends object>(call: {
    readonly params: Params;
    readonly type?: string;
    readonly model: { readonly specificationVersion?: string };
  }): Promise<Params>;
  wrapGenerate<Result extends GenerateResult>(
    call: ModelCall & { readonly doGenerate: () => PromiseLike<Result> },
  ): Promise<Result>;
  wrapStream<Result extends StreamResult>(
    call: ModelCall & { readonly doStream: () => PromiseLike<Result> },
  ): Promise<Result>;
  wrapEmbed<Result extends EmbedResult>(
    call: ModelCall & { readonly doEmbed: () => PromiseLike<Result> },
  ): Promise<Result>;
}

/** Records each call that succeeds; what goes wrong with that is told to `onError`. */
export function tollkeeperMiddleware(options: MiddlewareOptions): TollkeeperMiddleware {
  /** In these the provider's own events were asked for, which the app did not ask for. */
  const asking = new WeakSet<object>();
  return {
    specificationVersion: 'v4' as never,
    transformParams: async ({ params, type, model }) => {
      const isAsked = 'includeRawChunks' in params && params.includeRawChunks === true;
      if (type !== 'stream' || model.specificationVersion !== 'v2' || isAsked) return params;
      const askingParams = { ...params, includeRawChunks: true };
      asking.add(askingParams);
      return askingParams;
    },
    wrapGenerate: async ({ doGenerate, model, params }) => {
      const payer = payerOf(options);
      const result = await doGenerate();
      const { usage, content, images, providerMetadata, response: facts = {} } = result;
      const raw = bodyUsage(facts.body) ?? metadataUsage(providerMetadata);
      const tier = bodyTier(facts.body) ?? metadataTier(providerMetadata);
      const answer = { facts, usage, raw, tier, characters: textLength(content), isWhole: true };
      const endpoint = images === undefined ? 'vercel-ai' : 'images';
      record(options, { endpoint, model, params, payer }, answer);
      return result;
    },
    wrapStream: async ({ doStream, model, params }) => {
      const payer = payerOf(options);
      const result = await doStream();
      const { headers } = result.response ?? {};
      const stream = watchedStream(result.stream, {
        recorder: options.tollkeeper,
        hidesRaw: asking.has(params),
        settle: (answer) => {
          const facts = { headers, ...answer.facts };
          record(options, { endpoint: 'vercel-ai', model, params, payer }, { ...answer, facts });
        },
      });
      return { ...result, stream };
    },
    wrapEmbed: async ({ doEmbed, model, params }) => {
      const payer = payerOf(options);
      const result = await doEmbed();
      const { usage, response: facts = {} } = result;
      const raw = bodyUsage(facts.body) ?? (usage && { input_tokens: usage.tokens });
      const answer = { facts, raw, characters: 0, isWhole: true };
      record(options, { endpoint: 'embeddings', model, params, payer }, answer);
      return result;
    },
  };
}

const bodyUsage = (body: unknown) => (isObject(body) ? usageIn(body) : undefined);

const bodyTier = (body: unknown) =>
  isObject(body) ? servedTier(body, bodyUsage(body)) : undefined;

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
  readonly endpoint: Endpoint;
  readonly payer: () => string;
}

function record(
  { tollkeeper, vendor, id: from = 'call' }: MiddlewareOptions,
  { endpoint, model, params, payer }: Asked,
  { facts, usage, raw, tier, characters, isWhole, isFailed }: Seen,
): void {
  const call = { endpoint, model: model.modelId, isLookup: false };
  const reported = providerUsage(usage, raw);
  const { tokens, isEstimated, details, faults } = concludeUsage(
    { ...call, body: { prompt: params.prompt, input: params.values } },
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
    tier: tier ?? servedTier({}, usage && 'raw' in usage ? usage.raw : raw),
  };
  void recordMetered(tollkeeper, () =>
    meteredEvent(tollkeeper, call, answered, {
      ...{ ids: { from, proxied: headers[CALL_HEADER] }, customer: payer(), vendor },
      model: model.modelId,
    }),
  );
}
