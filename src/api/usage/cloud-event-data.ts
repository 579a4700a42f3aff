/**
 * What CloudEvents carry as data: our own pools, one count with its type (as OpenMeter's examples
 * have it), or the usage object of an OpenAI-like answer (as LiteLLM sends it).
 */
import { z } from 'zod';
import { DomainError } from '../../core/errors';
import { TOKENS_PER_COUNT_MAX } from '../../core/usage/usage';
import type { TokenType } from '../../core/usage/usage';
import { isStorableJson } from '../../ingest/storable-text';
import { describeFaults, nameSchema, tokenCountsSchema } from '../../ingest/usage-event-schema';
import { usageIn } from '../../sdk/find-usage';
import { readUsage } from '../../sdk/read-usage';
import { isCountName } from '../../sdk/told-counts';

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

const model = nameSchema('The model that was called', 'gpt-4o-mini');
const vendor = nameSchema('The vendor that sold the call');
const details = z.looseObject({
  cached_tokens: count.nullish(),
  cache_creation_tokens: count.nullish(),
  reasoning_tokens: count.nullish(),
});

export const poolsDataSchema = z
  .object({
    model,
    tokens: tokenCountsSchema,
    vendor: vendor.optional(),
    metadata: z
      .record(z.string(), z.unknown())
      .optional()
      .meta({ description: 'Kept with the usage event, not used' }),
  })
  .meta({ title: 'token pools' });

export const countDataSchema = z
  .looseObject({
    model,
    vendor: vendor.nullish(),
    tokens: count,
    type: z.enum(Object.keys(TOKEN_TYPES_BY_NAME) as [string, ...string[]]).meta({
      description: 'What was counted; prompt is input, completion is output',
    }),
  })
  .meta({ title: 'one count' });

export const completionDataSchema = z
  .looseObject({
    model,
    vendor: vendor.nullish(),
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

type Data = Readonly<Record<string, unknown>>;

/** Model, tokens, vendor and metadata of a usage event, not validated beyond its token counts. */
export function usageOfData(data: Data): Data {
  const hasCounts = Object.keys(data).some(isCountName);
  const usage = hasCounts ? data : usageIn(data);
  const { tokens } = data;
  const isCount = typeof tokens === 'number' || typeof tokens === 'string';
  if (isCount && hasCounts) {
    throw new DomainError(
      'invalid_usage_event',
      'data has tokens and the counts of an answer (prompt_tokens and the like), which would ' +
        'count them twice: send one of the two.',
    );
  }
  if (isCount) return ofCount(read(countDataSchema, data));
  if (usage && tokens === undefined) return ofAnswer(data, usage);
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

/** Their total is the input. */
const EMBEDDING_MODELS = /embed|voyage|rerank/i;

function ofAnswer(data: Data, usage: Data): Data {
  const { tokens, total, unexplained, details, faults } = readUsage(usage);
  if (faults.length > 0) {
    throw new DomainError(
      'invalid_usage_event',
      `data can't be counted: ${faults.join('; ')}. Send counts that add up, or all of them as ` +
        'tokens: { input, output, cacheRead, cacheWrite, reasoning }.',
    );
  }
  const isInput = total !== undefined && EMBEDDING_MODELS.test(String(data.model));
  if (!tokens && !isInput) {
    throw new DomainError(
      'invalid_usage_event',
      'prompt_tokens and completion_tokens are missing: a total alone does not say what is priced.',
    );
  }
  const otherEntries = Object.entries(data).filter(
    ([key, value]) => value !== usage && !isCountName(key),
  );
  const more = { ...details, ...(unexplained !== undefined && { unexplained }) };
  return {
    ...carried({ ...Object.fromEntries(otherEntries), ...more }),
    tokens: tokens ?? { input: total },
  };
}

const present = (value: unknown): boolean => value !== undefined && value !== null;

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
