/** The ledger's columns of tokens and the SQL that is made of them: a new type is written once. */
import { TOKEN_TYPES } from '../core/usage/usage';
import type { TokenType } from '../core/usage/usage';

/** `cacheRead` is in the column `cache_read`. */
export const tokenColumn = (type: TokenType): string =>
  type.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const COLUMNS = TOKEN_TYPES.map(tokenColumn);

/** It reads `input, output, cache_read, …`. */
export const TOKEN_COLUMNS = COLUMNS.join(', ');

/** It reads `input + output + cache_read + …`: all tokens of a usage event. */
export const ALL_TOKENS = COLUMNS.join(' + ');

/** It reads `sum(input) as input, sum(output) as output, …`. */
export const SUMMED_TOKENS = COLUMNS.map((column) => `sum(${column}) as ${column}`).join(', ');

const PAIRS = TOKEN_TYPES.map((type) => `('${type}', ${tokenColumn(type)})`).join(', ');

/** A usage event has a count of each type; this makes a row (token_type, tokens) of each. */
export const ROW_BY_TOKEN_TYPE = `cross join lateral (values ${PAIRS}) as pool (token_type, tokens)`;

/** A batch has lines; this makes a row (second, model, "tokenType", vendor, tokens) of each. */
export const ROW_BY_LINE = `cross join lateral jsonb_to_recordset(lines) as line
  (second bigint, model text, "tokenType" text, vendor text, tokens bigint)`;
