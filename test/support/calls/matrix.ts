/**
 * Which calls the matrix has: each provider by each way in each kind, so many of each. An attempt
 * is one request; a call that was cut off when its app was killed is made once more.
 */
import { chance } from '../../life/chance';
import type { Counts } from '../openai/openai-answers';

const numberOf = (name: string, otherwise: number): number =>
  Number(process.env[`CALLS_SHOW_${name}`] ?? otherwise);

/** It runs as a command of its own, for people who wait for it. */
export const IS_SHOW = process.env.CALLS_SHOW_CALLS !== undefined;
export const SEED = numberOf('SEED', 18);
/** Calls of each provider in each kind by each way. */
const CALLS_OF_CELL = numberOf('CALLS', 10);

export const KINDS = ['plain', 'streamed', 'aborted', 'tools'] as const;
export type Kind = (typeof KINDS)[number];

/** `compatible` says the same id in every answer. */
export type Provider = 'chat' | 'responses' | 'messages' | 'gemini' | 'compatible' | 'bedrock';

export const PROVIDERS_OF = {
  node: ['chat', 'responses', 'messages', 'gemini', 'compatible'],
  python: ['chat', 'responses', 'messages', 'gemini', 'compatible', 'bedrock'],
  proxy: ['chat', 'responses', 'messages', 'compatible'],
} as const satisfies Readonly<Record<string, readonly Provider[]>>;
export type Way = keyof typeof PROVIDERS_OF;
export const WAYS = Object.keys(PROVIDERS_OF) as Way[];

export interface Cell {
  readonly way: Way;
  readonly provider: Provider;
  readonly kind: Kind;
  /** Its calls are of one customer, which nothing else is of. */
  readonly customer: string;
}

export const cellsOf = (way: Way): Cell[] =>
  KINDS.flatMap((kind) =>
    PROVIDERS_OF[way].map((provider) => ({
      ...{ way, provider, kind, customer: `${provider}-${kind}-${way}` },
    })),
  );

/** How an app is told of it. */
export interface Call extends Cell {
  readonly number: number;
  readonly model: string;
  /** The answer comes as a stream. */
  readonly isStream: boolean;
  /** So many characters its text has: with no other attempt in common within a cell. */
  readonly characters: number;
  /** An app that aborts leaves when it has read so many words. */
  readonly words: number;
  /** It aborts by a signal, or just reads no more. */
  readonly isSignalled: boolean;
}

const MODELS: Readonly<Record<Provider, readonly string[]>> = {
  chat: ['gpt-4o', 'gpt-4o-mini'],
  responses: ['gpt-5', 'gpt-5-mini'],
  messages: ['claude-sonnet-5', 'claude-haiku-5'],
  gemini: ['gemini-3-pro', 'gemini-3-flash'],
  compatible: ['llama-4', 'qwen-4'],
  bedrock: ['nova-2-pro', 'nova-2-lite'],
};

/** No text is shorter: who calls, and which call it is, stand in it. */
const TOKENS_ASKED_LEAST = 16;
/** Twice the lives that an app has. */
const ROUND_TOKENS = 8;
const CHARACTERS_PER_TOKEN = 4;
/** Providers count around a text what nobody has written. It is half of what attempts differ by. */
const FRAME_TOKENS = 4;
/** The name and the description of the tool that is offered. */
const OFFER_TOKENS = 'weatherThe weather of some city.'.length / CHARACTERS_PER_TOKEN;

/** All calls of a way, in turns of all cells. */
export function callsOf(way: Way): number {
  return cellsOf(way).length * CALLS_OF_CELL;
}

/** The attempt of a call that is made in a life of the app. */
export function attemptOf(way: Way, number: number, life: number): Call {
  const cells = cellsOf(way);
  const cell = cells[number % cells.length] as Cell;
  const round = Math.floor(number / cells.length);
  const models = MODELS[cell.provider];
  return {
    ...{ ...cell, number, model: models[round % models.length] as string },
    isStream: isStreamed(cell.kind, round),
    characters: (TOKENS_ASKED_LEAST + round * ROUND_TOKENS + life) * CHARACTERS_PER_TOKEN,
    words: 4 + life,
    isSignalled: round % 2 === 1,
  };
}

const isStreamed = (kind: Kind, round: number): boolean =>
  kind === 'tools' ? round % 4 >= 2 : kind !== 'plain';

/** What an answer says of its ids. */
export type Ids = 'own' | 'same' | 'none';

export interface Draw {
  readonly counts: Counts;
  readonly ids: Ids;
  /** Words of the answer. */
  readonly words: number;
}

/** More than any app reads that leaves. */
const WORDS_LEAST = 8;

/** What no provider of the name tells is zero. */
const TELLS: Readonly<Record<Provider, { written: boolean; thinking: boolean }>> = {
  chat: { written: true, thinking: true },
  responses: { written: true, thinking: true },
  messages: { written: true, thinking: false },
  gemini: { written: false, thinking: true },
  compatible: { written: false, thinking: false },
  bedrock: { written: true, thinking: false },
};

/** What the text comes to, a token for four characters. */
export const askedTokens = ({ characters, kind }: Call): number =>
  characters / CHARACTERS_PER_TOKEN + (kind === 'tools' ? OFFER_TOKENS : 0);

/** What the provider bills for it, by the seed. No other attempt of its cell has this prompt. */
export function drawOf(call: Call, life: number): Draw {
  const { way, number, provider } = call;
  const random = chance(SEED * 7_919 + number * 31 + life * 7 + WAYS.indexOf(way));
  random();
  const upTo = (most: number, likely = 1) => (random() < likely ? Math.floor(random() * most) : 0);
  const prompt = askedTokens(call) + FRAME_TOKENS;
  const { written, thinking } = TELLS[provider];
  const counts = {
    prompt,
    cached: upTo(prompt / 2, 0.5),
    written: written ? upTo(prompt / 4, 0.3) : 0,
    thinking: thinking ? upTo(500, 0.4) : 0,
  };
  const words = WORDS_LEAST + upTo(WORDS_LEAST);
  const completion = words + upTo(2_000) + counts.thinking;
  const own = (['own', 'own', 'same', 'none'] as const)[upTo(4)] as Ids;
  return {
    counts: { ...counts, completion },
    ids: provider === 'compatible' ? 'same' : own,
    words,
  };
}
