/** Watches the stream of a model of the Vercel AI SDK, and hides what the app did not ask for. */
import { usageIn } from './find-usage';
import { isObject } from './metered-call';
import type { ModelUsage } from './model-usage';
import { watchSilence } from './silent-streams';
import { textLength } from './stream-estimate';
import { createToldUsage } from './told-usage';
import { servedTier } from './usage-details';
import type { UsageRecorder } from './usage-recorder';

export interface ResponseFacts {
  readonly id?: string;
  readonly modelId?: string;
  readonly timestamp?: Date;
  readonly headers?: Readonly<Record<string, string | undefined>>;
}

/** What was seen of an answer. */
export interface Seen {
  readonly facts: ResponseFacts;
  /** undefined: it was not told, since the stream ended before. */
  readonly usage?: ModelUsage;
  /** So the provider itself has told it. */
  readonly raw?: unknown;
  /** The tier that served it, where it is not the usual one. */
  readonly tier?: string;
  readonly characters: number;
  readonly isWhole: boolean;
  readonly isFailed?: boolean;
}

interface StreamPart extends ResponseFacts {
  readonly type?: string;
  readonly delta?: unknown;
  readonly usage?: ModelUsage;
  readonly finishReason?: unknown;
  readonly providerMetadata?: unknown;
  /** An event of the provider's, in parts of the type `raw`. */
  readonly rawValue?: unknown;
}

export interface StreamWatch {
  readonly recorder: UsageRecorder;
  /** Parts of the type `raw` stay here. */
  readonly hidesRaw: boolean;
  /** It is told once: by the last part, or when the stream ends without it. */
  settle(answer: Seen): void;
}

const isFailure = ({ type, finishReason: reason }: StreamPart): boolean =>
  type === 'error' || (isObject(reason) ? reason.unified : reason) === 'error';

export function watchedStream(
  stream: ReadableStream<unknown>,
  { recorder, hidesRaw, settle }: StreamWatch,
): ReadableStream<unknown> {
  const reader = stream.getReader();
  const { note, finish } = partsWatch((answer) => {
    silence.ended();
    settle(answer);
  });
  // An app that reads no more does not say so where the SDK has split its stream in two.
  const silence = watchSilence(recorder, () => finish(false));
  const pull = async (controller: ReadableStreamDefaultController<unknown>): Promise<void> => {
    for (;;) {
      const { done, value } = await reader.read();
      silence.heard();
      if (!done) note(value as StreamPart);
      if (done) finish(true);
      if (done) return controller.close();
      const isHidden = hidesRaw && (value as StreamPart).type === 'raw';
      if (!isHidden) return controller.enqueue(value);
    }
  };
  return new ReadableStream<unknown>(
    {
      pull: (controller) =>
        pull(controller).catch((error: unknown) => {
          finish(false);
          controller.error(error);
        }),
      cancel: async (reason) => {
        finish(false);
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}

function partsWatch(settle: (answer: Seen) => void) {
  const toldUsage = createToldUsage();
  let facts: ResponseFacts = {};
  let characters = 0;
  let isSettled = false;
  let isFailed = false;
  let tier: string | undefined;
  const finish = (isWhole: boolean, { usage, providerMetadata }: StreamPart = {}) => {
    if (isSettled) return;
    isSettled = true;
    const raw = toldUsage.isAny() ? toldUsage.usage() : metadataUsage(providerMetadata);
    tier ??= metadataTier(providerMetadata);
    settle({ facts, usage, raw, tier, characters, isWhole, isFailed });
  };
  const noteRaw = (event: Readonly<Record<string, unknown>>) => {
    toldUsage.add(usageIn(event));
    tier = servedTier(event, usageIn(event)) ?? tier;
  };
  const note = (part: StreamPart) => {
    if (isFailure(part)) isFailed = true;
    if (part.type === 'raw' && isObject(part.rawValue)) noteRaw(part.rawValue);
    else if (part.type === 'response-metadata') facts = part;
    else if (part.type === 'finish') finish(true, part);
    else if (typeof part.delta === 'string') characters += textLength(part.delta);
  };
  return { note, finish };
}

/** Some hand the provider's own on: `{ anthropic: { usage: { … } } }`. */
export const metadataUsage = (metadata: unknown): unknown =>
  providersIn(metadata)
    .map(({ usage }) => usage)
    .find(isObject);

export function metadataTier(metadata: unknown): string | undefined {
  const tiers = providersIn(metadata).map(({ serviceTier }) =>
    servedTier({ service_tier: serviceTier }, undefined),
  );
  return tiers.find((tier) => tier !== undefined);
}

const providersIn = (metadata: unknown) =>
  isObject(metadata) ? Object.values(metadata).filter(isObject) : [];
