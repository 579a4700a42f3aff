/**
 * Whether a span is a call of a model. The conventions each have a mark for it: GenAI's operation,
 * OpenLLMetry's type of request, OpenInference's kind, the operation of the Vercel AI SDK. A span
 * around calls often has the sum of what they used, so that whoever says it is one is none itself.
 */
import type { Attributes } from './span';

export type SpanKind =
  | 'call'
  | 'embeddings'
  | 'images'
  | 'audio'
  /** An agent, a chain, a workflow, a tool: what they used is told by the calls in them. */
  | 'around'
  /** It is marked, and by no word that is known here. */
  | 'unknown'
  /** Nothing says that it has to do with models. */
  | 'unmarked';

const WORDS: Readonly<Record<string, readonly string[]>> = {
  call: [
    ...['chat', 'text_completion', 'generate_content', 'completion', 'acompletion', 'responses'],
    ...['aresponses', 'text_generation', 'llm', 'decide'],
  ],
  embeddings: ['embeddings', 'embedding', 'aembedding'],
  images: ['image_generation', 'generate_image', 'image'],
  audio: ['speech', 'transcription', 'audio', 'ai.generatespeech', 'ai.transcribe'],
  around: [
    ...['create_agent', 'invoke_agent', 'invoke_workflow', 'execute_tool', 'plan', 'retrieval'],
    ...['agent_step', 'agent', 'workflow', 'chain', 'task', 'tool', 'retriever', 'guardrail'],
    ...['evaluator', 'prompt', 'framework', 'handoff'],
  ],
};

const KIND_OF = new Map(
  Object.entries(WORDS).flatMap(([kind, words]) =>
    words.map((word): [string, SpanKind] => [word, kind as SpanKind]),
  ),
);

const MARKS = [
  ...['gen_ai.operation.name', 'openinference.span.kind', 'traceloop.span.kind'],
  'llm.request.type',
];

export function kindOf(attributes: Attributes): SpanKind {
  const kinds = MARKS.flatMap((mark) => {
    const word = attributes.get(mark);
    return word === undefined ? [] : [KIND_OF.get(String(word).toLowerCase()) ?? 'unknown'];
  });
  const operation = attributes.get('ai.operationId');
  if (operation !== undefined) kinds.push(kindOfOperation(String(operation)));
  if (kinds.includes('around')) return 'around';
  return kinds.find((kind) => kind !== 'unknown') ?? kinds[0] ?? 'unmarked';
}

/** The AI SDK calls a model within each of its own functions: `ai.streamText.doStream`. */
function kindOfOperation(operation: string): SpanKind {
  const [, does] = /\.do([A-Z]\w*)$/.exec(operation) ?? [];
  if (does === undefined) return 'around';
  if (does === 'Embed') return 'embeddings';
  return does === 'Generate' || does === 'Stream' ? 'call' : 'unknown';
}

/** By these marks its kind is told, as they were sent. */
export const marksOf = (attributes: Attributes): string =>
  [...MARKS, 'ai.operationId']
    .filter((mark) => attributes.has(mark))
    .map((mark) => `${mark} is ${JSON.stringify(attributes.get(mark))}`)
    .join(' and ');
