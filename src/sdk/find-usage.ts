/** Where in an answer, or in an event of a stream, its usage lies: each provider has its place. */
import { isObject } from './metered-call';

type Answer = Readonly<Record<string, unknown>>;

/** undefined: it tells none. */
export function usageIn(answer: Answer): Answer | undefined {
  const choice: unknown = Array.isArray(answer.choices) ? answer.choices[0] : undefined;
  const places = [
    answer.usage,
    // Anthropic's first event, and Responses' last.
    within(answer.message, 'usage'),
    within(answer.response, 'usage'),
    // Groq, Moonshot, Gemini, Bedrock's stream.
    within(answer.x_groq, 'usage'),
    within(choice, 'usage'),
    answer.usageMetadata,
    answer.usage_metadata,
    within(answer.metadata, 'usage'),
    // Models of Anthropic and others, asked by Bedrock's own InvokeModel.
    answer['amazon-bedrock-invocationMetrics'],
    // Cohere.
    within(answer.meta, 'billed_units'),
  ].filter(isObject);
  const usage = places.find((place) => Object.keys(place).length > 0) ?? places[0];
  // Cohere tells what it bills beside what it read.
  const billed = within(usage, 'billed_units');
  if (isObject(billed)) return billed;
  return usage ?? ownCounts(answer);
}

/** Ollama has them in the answer itself. */
const ownCounts = (answer: Answer): Answer | undefined =>
  'eval_count' in answer || 'prompt_eval_count' in answer ? answer : undefined;

const within = (object: unknown, name: string): unknown =>
  isObject(object) ? object[name] : undefined;
