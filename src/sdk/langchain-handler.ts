/**
 * A handler of LangChain.js's callbacks, which is known by its shape only: records what chat models
 * and LLMs of any provider use.
 */
import { watchCall } from './call-usage';
import type { CallUsage, CallWatch } from './call-usage';
import type { TollkeeperClient } from './client';
import { answerOf, tokenOf } from './langchain-answer';
import type { LangChainResult } from './langchain-answer';
import { isObject } from './metered-call';
import type { MeteredCall } from './metered-call';
import { meteredEvent, modelOf } from './metered-event';
import { meterFailed, recordMetered } from './record-metered';
import { watchSilence } from './silent-streams';
import type { SilentStream } from './silent-streams';
import { messageOf } from './tollkeeper-error';

/** Names the customer of one run: `{ metadata: { [CUSTOMER_KEY]: 'ada' } }`. */
export const CUSTOMER_KEY = 'tollkeeper_customer';

export interface HandlerOptions {
  readonly tollkeeper: TollkeeperClient;
  /** Who pays for a run that names nobody; a function is asked as each call leaves. */
  readonly customer?: string | ((call: MeteredCall) => string);
  /** The vendor that sells the calls. */
  readonly vendor?: string;
  /** The name that prices go by. Default: as asked for by the app, else as told by the provider. */
  readonly model?: (call: MeteredCall, reported: string | undefined) => string;
}

type Metadata = Readonly<Record<string, unknown>>;
type Start<Asked> = (
  model: unknown,
  questions: Asked,
  runId: string,
  parentRunId?: string,
  extra?: Metadata,
  tags?: string[],
  metadata?: Metadata,
) => void;

/** It is what LangChain.js calls `CallbackHandlerMethods`. */
export interface TollkeeperHandler {
  readonly name: string;
  /** LangChain waits for it: nothing is told later than the app gets its answer. */
  readonly awaitHandlers: true;
  readonly handleChatModelStart: Start<{ readonly content: unknown }[][]>;
  readonly handleLLMStart: Start<string[]>;
  handleLLMNewToken(
    token: string,
    at: unknown,
    runId: string,
    parentRunId?: string,
    tags?: string[],
    fields?: { readonly chunk?: unknown },
  ): void;
  handleLLMEnd(
    output: LangChainResult,
    runId: string,
    parentRunId?: string,
    tags?: string[],
    extra?: Metadata,
  ): void;
  handleLLMError(error: unknown, runId: string): void;
}

interface Run {
  readonly watch: CallWatch;
  /** An app can leave a stream, and LangChain tells nobody. */
  readonly silence: SilentStream;
  isStream: boolean;
  hasText: boolean;
}

/** A model whose client or `fetch` is metered, too, would be recorded twice. */
export function langchainHandler(options: HandlerOptions): TollkeeperHandler {
  const { tollkeeper } = options;
  const runs = new Map<string, Run>();
  const take = (runId: string): Run | undefined => {
    const run = runs.get(runId);
    run?.silence.ended();
    runs.delete(runId);
    return run;
  };
  const leave = (runId: string, model: string) => {
    const run = take(runId);
    if (run?.isStream) return run.watch.ended(false);
    const fault = `A call of ${model || 'a model'} never ended: nothing of it is recorded`;
    tollkeeper.report(meterFailed(fault, undefined));
  };
  const begin = (
    runId: string,
    endpoint: 'chat' | 'completions',
    messages: unknown,
    { extra = {}, metadata = {} }: { extra?: Metadata; metadata?: Metadata },
  ) => {
    const call = { endpoint, model: nameOf(extra, metadata), body: { messages }, isLookup: false };
    const watch = watchOf(call, metadata, options);
    if (!watch) return;
    const silence = watchSilence(tollkeeper, () => leave(runId, call.model));
    runs.set(runId, { watch, silence, isStream: false, hasText: false });
  };
  return {
    name: 'tollkeeper',
    awaitHandlers: true,
    handleChatModelStart: (_model, batches, runId, _parentRunId, extra, _tags, metadata) => {
      const texts = batches.flat().map(({ content }) => content);
      begin(runId, 'chat', texts, { extra, metadata });
    },
    handleLLMStart: (_model, prompts, runId, _parentRunId, extra, _tags, metadata) =>
      begin(runId, 'completions', prompts, { extra, metadata }),
    handleLLMNewToken: (token, _at, runId, _parentRunId, _tags, fields) => {
      const run = runs.get(runId);
      if (!run) return;
      const event = tokenOf(token, fields?.chunk);
      run.watch.streamed(event);
      run.hasText ||= event.delta.some((text) => text !== '');
      run.isStream = true;
      run.silence.heard();
    },
    handleLLMEnd: (output, runId, _parentRunId, _tags, extra) => {
      const run = take(runId);
      // What LangChain had in its cache was asked of nobody.
      if (extra?.cached !== true) run?.watch.answered(answerOf(output));
    },
    handleLLMError: (_error, runId) => {
      const run = take(runId);
      if (run?.hasText) run.watch.ended(false);
    },
  };
}

function nameOf({ invocation_params: params }: Metadata, metadata: Metadata): string {
  const { model, model_name: modelName } = isObject(params) ? params : {};
  const names = [model, modelName, metadata.ls_model_name];
  return names.find((name): name is string => typeof name === 'string') ?? '';
}

/** undefined means that nobody pays for it. */
function watchOf(
  call: MeteredCall,
  metadata: Metadata,
  { tollkeeper, customer, vendor, model = modelOf }: HandlerOptions,
): CallWatch | undefined {
  try {
    const own = metadata[CUSTOMER_KEY];
    const payer = own ?? (typeof customer === 'function' ? customer(call) : customer);
    if (typeof payer !== 'string' || payer === '')
      throw new Error(`the customer is ${JSON.stringify(payer)}: expected your id of one`);
    const settle = (usage: CallUsage) =>
      void recordMetered(tollkeeper, () =>
        meteredEvent(tollkeeper, call, usage, {
          ...{ ids: { from: 'call' }, customer: payer, vendor },
          model: model(call, usage.model),
        }),
      );
    return watchCall(call, settle, (error) => tollkeeper.report(error));
  } catch (cause) {
    tollkeeper.report(meterFailed(`A call can't be metered: ${messageOf(cause)}`, cause));
    return undefined;
  }
}
