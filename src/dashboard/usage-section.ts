/** Usage against the allowance: the figure, the bar, and what is over. */
import { grouped } from '../core/details';
import type { Html } from './html';
import { html } from './html';
import type { DashboardReport } from './view';

export function usageSection(report: DashboardReport): Html {
  const { usedTokens, includedTokens, overageTokens, allowanceUsedPercent } = report;
  return html`<section class="card wide" aria-labelledby="usage">
    <h2 id="usage">Usage</h2>
    <p class="figure">
      <strong id="used-tokens">${grouped(usedTokens)}</strong>
      ${includedTokens ? html`of ${grouped(includedTokens)} included tokens` : 'tokens'}
      ${allowanceUsedPercent !== null && html`<span class="percent">${allowanceUsedPercent}%</span>`}
    </p>
    ${includedTokens ? bar(usedTokens, includedTokens) : undefined}
    <p class="note">${remainder(includedTokens, usedTokens, overageTokens)}</p>
  </section>`;
}

function remainder(included: number | null, used: number, over: number): Html {
  if (included === null) return html`Your plan includes unlimited tokens.`;
  if (included === 0) return html`Your plan has no allowance: every token is priced.`;
  if (over > 0)
    return html`<strong class="over">${grouped(over)} tokens over the allowance.</strong> You are
      not cut off: they are billed on this period's invoice.`;
  return html`${grouped(included - used)} tokens of the allowance are left.`;
}

/** Beyond the allowance the bar is the whole usage, and shows which part of it was included. */
function bar(used: number, included: number): Html {
  const whole = Math.max(used, included);
  const percent = (tokens: number) => `${Math.round((tokens * 10_000) / whole) / 100}%`;
  const inside = Math.min(used, included);
  return html`<svg
    class="bar"
    role="img"
    aria-label="${grouped(used)} of ${grouped(included)} included tokens are used"
  >
    <rect class="track" width="100%" height="100%" />
    <rect class="inside" width="${percent(inside)}" height="100%" />
    ${
      used > included &&
      html`<rect class="beyond" x="${percent(included)}" width="100%" height="100%" />
        <rect class="edge" x="${percent(included)}" width="2" height="100%" />`
    }
  </svg>`;
}
