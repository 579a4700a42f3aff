/** Who answered a call, and when: as the provider says it. */
import { isObject } from './metered-call';
import { servedTier } from './usage-details';

export interface CallFacts {
  /** The provider's id of the response; undefined where it has none. */
  readonly id?: string;
  /** The provider names what answered so. */
  readonly model?: string;
  /** Unix seconds of the provider. */
  readonly createdAt?: number;
  /** The tier that served it, where it is not the usual one. */
  readonly tier?: string;
}

type Answer = Readonly<Record<string, unknown>>;

export function createCallFacts() {
  const facts: { id?: string; model?: string; createdAt?: number; tier?: string } = {};
  const takeTime = ({ created, created_at: createdAt = created }: Answer) => {
    // Azure's first chunk has 0.
    if (typeof createdAt === 'number' && createdAt > 0) facts.createdAt ??= createdAt;
  };
  const take = (answer: Answer) => {
    takeTime(answer);
    facts.id ??= textOf(answer.id ?? answer.responseId);
    facts.model ??= textOf(answer.model ?? answer.modelVersion);
    facts.tier = servedTier(answer, answer.usage) ?? facts.tier;
  };
  return {
    note: (event: Answer): void => {
      const inner = [event.response, event.message].find(isObject);
      // The id of an item or of a chunk of audio is none of the response.
      const isItem = typeof event.type === 'string' && event.object === undefined;
      if (inner && isItem) take(inner);
      else if (!isItem || event.type === 'message') take(event);
      else takeTime(event);
    },
    all: (usage: Answer): CallFacts => {
      const tier = servedTier({}, usage) ?? facts.tier;
      return { ...facts, ...(tier !== undefined && { tier }) };
    },
  };
}

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;
