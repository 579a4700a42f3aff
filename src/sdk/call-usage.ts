/** Finds out, from what passes by, what one call used; settles once. */
import { endsText, failureOf, isLast, isOnlyUsage } from './answer-events';
import type { Failure } from './answer-events';
import { createCallFacts } from './call-facts';
import type { CallFacts } from './call-facts';
import { concludeUsage } from './conclude-usage';
import { usageIn } from './find-usage';
import type { MeteredCall } from './metered-call';
import { isObject } from './metered-call';
import { answerCharacters, answeredCharacters } from './stream-estimate';
import { createToldUsage } from './told-usage';
import { TollkeeperError } from './tollkeeper-error';
import type { TokenCounts } from './usage-event';

export interface CallUsage extends CallFacts {
  readonly tokens: TokenCounts;
  readonly isEstimated: boolean;
  /** Tokens of sound and pictures, among those of the pools; what nobody explained. */
  readonly details: Readonly<Record<string, number>>;
  /** It is made in the background: whoever looks it up knows it by the provider's id only. */
  readonly isBackground: boolean;
}

type Answer = Readonly<Record<string, unknown>>;

export interface CallWatch {
  /** A plain answer, whole. */
  answered(body: Answer): void;
  /** One event of a stream. Returns whether it is only about usage. */
  streamed(event: Answer): boolean;
  /** The stream came to its end, or did not. */
  ended(isWhole: boolean): void;
  /** The text is over and its usage was not told yet: it comes in a moment, if it comes. */
  awaitsUsage(): boolean;
}

type Settle = (usage: CallUsage) => void;

export function watchCall(
  call: MeteredCall,
  settle: Settle,
  onError: (error: TollkeeperError) => void,
): CallWatch {
  const facts = createCallFacts();
  const toldUsage = createToldUsage();
  let characters = 0;
  let isSettled = false;
  let isTextOver = false;
  /** What was told last was told after the text. */
  let isFinal = false;
  let failure: Failure | undefined;
  /** Goes on at the provider after we hang up, and is metered when it is looked up. */
  let isBackground = call.body.background === true;
  const note = (event: Answer) => {
    facts.note(event);
    const response = isObject(event.response) ? event.response : event;
    if (response.background === true) isBackground = true;
    if (toldUsage.add(usageIn(event))) isFinal = isTextOver && toldUsage.isAny();
  };
  const finish = (isWhole: boolean) => {
    if (isSettled) return;
    isSettled = true;
    if (call.isLookup && !isBackground) return;
    const isEstimable = !isBackground && !call.isLookup;
    const { tokens, isEstimated, details, faults } = concludeUsage(call, {
      ...{ reading: toldUsage.reading(), characters, failure, isEstimable },
      isWhole: isWhole || isFinal,
    });
    if (tokens)
      settle({ ...facts.all(toldUsage.usage()), tokens, isEstimated, details, isBackground });
    if (faults.length > 0) onError(meterFault(call, facts.all({}).id, faults));
  };
  return {
    answered: (body) => {
      note(body);
      failure = failureOf(body);
      characters = answerCharacters(body);
      if (isBackground && !toldUsage.isAny()) return;
      finish(true);
    },
    streamed: (event) => {
      failure = failureOf(event) ?? failure;
      const more = answeredCharacters(event);
      characters += more;
      if (more > 0) isTextOver = isFinal = false;
      if (endsText(event)) isTextOver = true;
      note(event);
      const isUsage = isOnlyUsage(event);
      const isEnd = isUsage ? isFinal : isLast(event) && call.endpoint !== 'images';
      if (isEnd && toldUsage.isAny()) finish(true);
      // Who leaves here has seen all of it, though no text was said to be the last.
      if (isUsage && toldUsage.isAny()) isTextOver = isFinal = true;
      return isUsage;
    },
    ended: finish,
    awaitsUsage: () => !isSettled && !isFinal && isTextOver && failure === undefined,
  };
}

function meterFault(
  { model, endpoint }: MeteredCall,
  id: string | undefined,
  faults: readonly string[],
): TollkeeperError {
  const about = `A call of ${model || 'a model'} (${endpoint}, ${String(id)})`;
  return new TollkeeperError('meter_failed', `${about}: ${faults.join('; ')}.`);
}
