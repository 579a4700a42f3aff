/** Usage as the customer's page shows it: a table of models, and bars by day. */
import type { DashboardModel, DashboardUsage, TokensByType } from '../../dashboard/view';
import type { UsedTokens } from '../../core/plans/projection';
import type { PeriodUsage } from '../../db/period-usage';

export function shownUsage({ listed, others, otherCount, days }: PeriodUsage): DashboardUsage {
  const models = new Map<string, DashboardModel>();
  for (const cell of listed) {
    const { model, vendor } = cell;
    const key = JSON.stringify([model, vendor]);
    const tokens = withTokens(models.get(key)?.tokens ?? {}, cell);
    models.set(key, { model, ...(vendor !== undefined && { vendor }), tokens });
  }
  const otherTokens = others.reduce(withTokens, {});
  return {
    models: [...models.values()],
    otherModels: { count: otherCount, tokens: otherTokens },
    days,
  };
}

const withTokens = (sums: TokensByType, { tokenType, tokens }: UsedTokens): TokensByType => ({
  ...sums,
  [tokenType]: (sums[tokenType] ?? 0) + tokens,
});
