/**
 * What CloudEvents carry as data: our own pools, one count with its type (as OpenMeter's examples
 * have it), or the usage object of an OpenAI-like answer (as LiteLLM sends it).
 */
import { z } from 'zod';
import { DomainError } from '../../core/errors';
import { exclusivePools } from '../../core/usage/reported-tokens';
import type { ReportedCount } from '../../core/usage/reported-tokens';
import { TOKENS_PER_COUNT_MAX } from '../../core/usage/usage';
import type { TokenType } from '../../core/usage/usage';
import { describeFaults, isStorableJson, tokenCountsSchema } from '../../ingest/usage-event-schema';

/** Token types go by their own names, and by those that OpenMeter's users have. */
const TOKEN_TYPES_BY_NAME: Readonly<Record<string, TokenType>> = {
  input: 'input',
  output: 'output',
  cacheRead: 'cacheRead',
  cacheWrite: 'cacheWrite',
  reasoning: 'reasoning',
  prompt: 'input',
  completion: 'output',
  cache_read: 'cacheRead',
  cache_write: 'cacheWrite',
};

const EXPECTED_COUNT = `expected whole tokens, 0 to ${TOKENS_PER_COUNT_MAX}`;
const count = z.union(
  [
    z.number().int().min(0).max(TOKENS_PER_COUNT_MAX),
    z
      .string()
      .regex(/^\d{1,13}$/, EXPECTED_COUNT)
      .refine((digits) => Number(digits) <= TOKENS_PER_COUNT_MAX, EXPECTED_COUNT),
  ],
  { error: EXPECTED_COUNT },
);

const model = z.string().meta({ description: 'The model that was called', example: 'gpt-4o-mini' });
const details = z.looseObject({
  cached_tokens: count.nullish(),
  cache_creation_tokens: count.nullish(),
  reasoning_tokens: count.nullish(),
});

export const poolsDataSchema = z
  .object({
    model,
    tokens: tokenCountsSchema,
    vendor: z.string().optional().meta({ description: 'The vendor that sold the call' }),
    metadata: z
      .record(z.string(), z.unknown())
      .optional()
      .meta({ description: 'Kept with the usage event, not used' }),
  })
  .meta({ title: 'token pools' });

export const countDataSchema = z
  .looseObject({
    model,
    tokens: count,
    type: z.enum(Object.keys(TOKEN_TYPES_BY_NAME) as [string, ...string[]]).meta({
      description: 'What was counted; prompt is input, completion is output',
    }),
  })
  .meta({ title: 'one count' });

export const completionDataSchema = z
  .looseObject({
    model,
    prompt_tokens: count.nullish(),
    completion_tokens: count.nullish(),
    input_tokens: count.nullish(),
    output_tokens: count.nullish(),
    total_tokens: count.nullish(),
    prompt_tokens_details: details.nullish(),
    completion_tokens_details: details.nullish(),
    input_tokens_details: details.nullish(),
    output_tokens_details: details.nullish(),
  })
  .meta({ title: "the usage object of a provider's answer" });

/** Anthropic counts these beside its input_tokens, others within their prompt_tokens. */
const AMBIGUOUS = ['cache_read_input_tokens', 'cache_creation_input_tokens'];

type Data = Readonly<Record<string, unknown>>;

/** Model, tokens, vendor and metadata of a usage event, not validated beyond its token counts. */
export function usageOfData(data: Data): Data {
  const isCompletion = Object.keys(completionDataSchema.shape).some(
    (key) => key !== 'model' && key in data,
  );
  const { tokens } = data;
  const isCount = typeof tokens === 'number' || typeof tokens === 'string';
  if (isCount && isCompletion) {
    throw new DomainError(
      'invalid_usage_event',
      'data has tokens and the counts of an answer (prompt_tokens and the like), which would ' +
        'count them twice: send one of the two.',
    );
  }
  if (isCount) return ofCount(read(countDataSchema, data));
  if (isCompletion && tokens === undefined) return ofCompletion(read(completionDataSchema, data));
  return data;
}

function read<T extends z.ZodType>(schema: T, data: Data): z.infer<T> {
  const result = schema.safeParse(data);
  if (result.success) return result.data;
  throw new DomainError('invalid_usage_event', describeFaults(result.error, data));
}

function ofCount({ tokens, type, ...others }: z.infer<typeof countDataSchema>): Data {
  const tokenType = TOKEN_TYPES_BY_NAME[type] as TokenType;
  return { ...carried(others), tokens: { [tokenType]: Number(tokens) } };
}

function ofCompletion(data: z.infer<typeof completionDataSchema>): Data {
  const isResponse = present(data.input_tokens) || present(data.output_tokens);
  if (isResponse && (present(data.prompt_tokens) || present(data.completion_tokens))) {
    throw new DomainError(
      'invalid_usage_event',
      'data has prompt_tokens or completion_tokens, and input_tokens or output_tokens: send one pair.',
    );
  }
  const [prompt, answer] = isResponse
    ? (['input', 'output'] as const)
    : (['prompt', 'completion'] as const);
  if (!present(data[`${prompt}_tokens`]) && !present(data[`${answer}_tokens`])) {
    throw new DomainError(
      'invalid_usage_event',
      `${prompt}_tokens and ${answer}_tokens are missing: a total alone does not say what is priced.`,
    );
  }
  const detail = (side: typeof prompt | typeof answer, name: keyof z.infer<typeof details>) =>
    reported(`${side}_tokens_details.${name}`, data[`${side}_tokens_details`]?.[name]);
  const cacheRead = detail(prompt, 'cached_tokens');
  const cacheWrite = detail(prompt, 'cache_creation_tokens');
  refuseAmbiguous(data, [cacheRead, cacheWrite]);
  const tokens = exclusivePools({
    prompt: reported(`${prompt}_tokens`, data[`${prompt}_tokens`] ?? 0),
    answer: reported(`${answer}_tokens`, data[`${answer}_tokens`] ?? 0),
    total: reported('total_tokens', data.total_tokens),
    ...{ cacheRead, cacheWrite, reasoning: detail(answer, 'reasoning_tokens') },
  });
  const counts = Object.keys(completionDataSchema.shape).filter((key) => key !== 'model');
  const otherEntries = Object.entries(data).filter(([key]) => !counts.includes(key));
  return { ...carried(Object.fromEntries(otherEntries)), tokens };
}

const present = (value: unknown): boolean => value !== undefined && value !== null;

function reported(name: string, tokens: string | number): ReportedCount;
function reported(name: string, tokens?: unknown): ReportedCount | undefined;
function reported(name: string, tokens?: unknown): ReportedCount | undefined {
  return present(tokens) ? { name, tokens: Number(tokens) } : undefined;
}

function refuseAmbiguous(data: Data, counts: readonly (ReportedCount | undefined)[]): void {
  AMBIGUOUS.forEach((name, index) => {
    const value = data[name];
    if (!present(value) || Number(value) === (counts[index]?.tokens ?? 0)) return;
    throw new DomainError(
      'invalid_usage_event',
      `data has ${name} ${JSON.stringify(value)}, which may be within the prompt or beside it: ` +
        'send it in prompt_tokens_details (cached_tokens, cache_creation_tokens), where it is ' +
        'within, or all counts as tokens: { input, output, cacheRead, cacheWrite }.',
    );
  });
}

/**
 * What else the data says is kept as metadata. Foreign clients were never told of its limits, so
 * what does not fit is left out, and its size noted, rather than the usage refused.
 */
function carried({ model, vendor, metadata, ...others }: Data): Data {
  const metadataOfData = {
    ...others,
    ...(metadata !== null && typeof metadata === 'object' ? metadata : {}),
  };
  const bytes = Buffer.byteLength(JSON.stringify(metadataOfData));
  const keptMetadata = isStorableJson(metadataOfData) ? metadataOfData : { leftOutBytes: bytes };
  return {
    model,
    ...(present(vendor) && { vendor }),
    ...(Object.keys(metadataOfData).length > 0 && { metadata: keptMetadata }),
  };
}
