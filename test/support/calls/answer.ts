/** An answer in parts, which the stand-in sends as it likes. */
import type { Counts } from '../openai/openai-answers';

export interface Question {
  /** The request, as JSON. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly model: string;
  /** undefined: the answer has none. */
  readonly id: string | undefined;
  readonly words: readonly string[];
  readonly counts: Counts;
  /** A tool is called, and no text is said. */
  readonly callsTool: boolean;
}

export interface Answer {
  readonly plain: object;
  /** A stream begins with it, before its text. */
  readonly opening: readonly (string | Buffer)[];
  /** An event for each word, or for parts of a tool's arguments. */
  readonly words: readonly (string | Buffer)[];
  /** The whole usage is told here. */
  readonly ending: readonly (string | Buffer)[];
}
