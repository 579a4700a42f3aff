/** What stands for the models that a report does not list: by token type and vendor, in sum. */
import type { TokenType } from '../../core/usage/usage';
import type { PeriodUsage } from '../../db/period-usage';

export interface OtherModels {
  readonly count: number;
  readonly tokens: number;
  readonly byTokenType: readonly OtherTokens[];
}

interface OtherTokens {
  readonly tokenType: TokenType;
  /** null: vendors that neither the plan nor the catalog knows. */
  readonly vendor?: string | null;
  readonly tokens: number;
}

export function otherModels(
  { others, otherCount }: Pick<PeriodUsage, 'others' | 'otherCount'>,
  knownVendors: readonly string[],
): { count: number; tokens: number; byTokenType: OtherTokens[] } {
  const sums = new Map<string, OtherTokens>();
  for (const { tokenType, vendor, tokens } of others) {
    const toldVendor = vendor === undefined || knownVendors.includes(vendor) ? vendor : null;
    const key = JSON.stringify([tokenType, toldVendor]);
    const sum = (sums.get(key)?.tokens ?? 0) + tokens;
    sums.set(key, {
      tokenType,
      ...(toldVendor !== undefined && { vendor: toldVendor }),
      tokens: sum,
    });
  }
  const tokens = others.reduce((sum, cell) => sum + cell.tokens, 0);
  return { count: otherCount, tokens, byTokenType: [...sums.values()] };
}
