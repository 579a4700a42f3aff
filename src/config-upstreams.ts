/** The variables of the proxy: which providers are behind it, and what passes. */
import { z } from 'zod';

const isHttp = { protocol: /^https?$/ };
const optionalText = z.string().min(1).optional();

/** It is a part of a path. */
const UPSTREAM_NAME = /^[a-z0-9][a-z0-9-]{0,39}$/;

const upstream = z.strictObject({
  url: z.url(isHttp),
  apiKey: z.string().regex(/^\S+$/, 'expected a key without spaces').optional(),
  dialect: z.enum(['openai', 'anthropic']).default('openai'),
  keyHeader: z.enum(['authorization', 'x-api-key', 'api-key']).optional(),
});

const upstreams = z.record(
  z.string().regex(UPSTREAM_NAME, 'expected a name of small letters, digits and -'),
  upstream,
);

const FORM = 'expected JSON: {"NAME":{"url":"https://…/v1","apiKey":"…","dialect":"openai"}}';

/** What is wrong is told by its place: the value has keys. */
function readUpstreams(text: string, context: z.RefinementCtx): z.infer<typeof upstreams> {
  const result = upstreams.safeParse(parsed(text));
  if (result.success) return result.data;
  const faults = result.error.issues.map(({ path, message, ...issue }) => {
    const inner = 'issues' in issue ? issue.issues[0]?.message : undefined;
    return `${path.join('.') || 'it'}: ${inner ?? message}`;
  });
  context.addIssue({ code: 'custom', message: `${FORM} (${faults.join('; ')})` });
  return z.NEVER;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Anthropic's clients leave it out of their base URL, and add it to each path. */
const hasPath = (url: string): boolean => !URL.canParse(url) || new URL(url).pathname !== '/';

export const upstreamVariables = {
  OPENAI_UPSTREAM_URL: z
    .url(isHttp)
    .optional()
    .describe('OpenAI or what speaks like it, for /openai/v1; without it that is off'),
  OPENAI_UPSTREAM_API_KEY: optionalText.describe(
    "Key for calls of its models; without it each caller's own goes on",
  ),
  ANTHROPIC_UPSTREAM_URL: z
    .url(isHttp)
    .refine(hasPath, 'expected it with its /v1')
    .optional()
    .describe('Anthropic or what speaks like it, for /anthropic/v1; without it that is off'),
  ANTHROPIC_UPSTREAM_API_KEY: optionalText.describe('The same for its models'),
  UPSTREAMS: z
    .string()
    .transform(readUpstreams)
    .optional()
    .describe('Others, for /upstreams/NAME/v1: {"NAME":{"url":"…/v1","apiKey":"…"},…} as JSON'),
  OPENAI_SPOOL_DIRECTORY: optionalText.describe(
    'Where usage of calls (of all upstreams) waits for the ledger: a directory for each API process',
  ),
  OPENAI_PASS: z
    .enum(['metered', 'all'])
    .default('metered')
    .describe("What goes on with a key of the operator's: metered calls and models, or all paths"),
  OPENAI_MODELS: z
    .enum(['any', 'known'])
    .default('any')
    .describe('Models that are passed on: any, or only those that the catalog says something of'),
};

/** What is of no use alone. */
export const UPSTREAM_NEEDS = {
  OPENAI_UPSTREAM_URL: 'OPENAI_SPOOL_DIRECTORY',
  OPENAI_UPSTREAM_API_KEY: 'OPENAI_UPSTREAM_URL',
  ANTHROPIC_UPSTREAM_URL: 'OPENAI_SPOOL_DIRECTORY',
  ANTHROPIC_UPSTREAM_API_KEY: 'ANTHROPIC_UPSTREAM_URL',
  UPSTREAMS: 'OPENAI_SPOOL_DIRECTORY',
} as const;
