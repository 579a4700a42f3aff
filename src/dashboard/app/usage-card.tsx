/** Usage against the allowance: the figure, the bar, and what is over. */
import type { DashboardBilling } from '../view';
import { Card } from './card';
import { useFormats } from './formats';

interface UsageProps {
  readonly billing: DashboardBilling;
}

export function UsageCard({ billing }: UsageProps) {
  const formats = useFormats();
  const { usedTokens, includedTokens, allowanceUsedPercent } = billing;
  return (
    <Card id="usage" title="Usage" isWide>
      <p class="figure">
        <strong id="used-tokens">{formats.tokens(usedTokens)}</strong>
        {includedTokens ? `of ${formats.tokens(includedTokens)} included tokens` : 'tokens'}
        {allowanceUsedPercent !== null && (
          <span class="percent">{formats.percent(allowanceUsedPercent)}</span>
        )}
      </p>
      {includedTokens ? <Bar used={usedTokens} included={includedTokens} /> : null}
      <p class="note">
        <Remainder billing={billing} />
      </p>
    </Card>
  );
}

function Remainder({ billing }: UsageProps) {
  const { includedTokens, usedTokens, grantedTokens, overageTokens } = billing;
  const formats = useFormats();
  if (includedTokens === null) return <>Your plan includes unlimited tokens.</>;
  if (includedTokens === 0) return <>Your plan has no allowance: every token is priced.</>;
  if (overageTokens === 0 && usedTokens > includedTokens)
    return <>{formats.tokens(grantedTokens)} tokens beyond the allowance were given to you.</>;
  if (overageTokens === 0)
    return <>{formats.tokens(includedTokens - usedTokens)} tokens of the allowance are left.</>;
  return (
    <>
      <strong class="over">{formats.tokens(overageTokens)} tokens over the allowance.</strong> You
      are not cut off: they are billed on this period's invoice.
    </>
  );
}

/** A bar beyond the allowance is the whole usage, and shows which part of it was included. */
function Bar({ used, included }: { readonly used: number; readonly included: number }) {
  const formats = useFormats();
  const whole = Math.max(used, included);
  const percent = (tokens: number) => `${Math.round((tokens * 10_000) / whole) / 100}%`;
  return (
    <svg
      class="bar"
      role="progressbar"
      aria-label="Allowance used"
      aria-valuemin={0}
      aria-valuemax={included}
      aria-valuenow={Math.min(used, included)}
      aria-valuetext={`${formats.tokens(used)} of ${formats.tokens(included)} included tokens are used`}
    >
      <rect class="track" width="100%" height="100%" />
      <rect class="inside" width={percent(Math.min(used, included))} height="100%" />
      {used > included && (
        <>
          <rect class="beyond" x={percent(included)} width="100%" height="100%" />
          <rect class="edge" x={percent(included)} width="2" height="100%" />
        </>
      )}
    </svg>
  );
}
