/** The plans that can be taken, each with what it costs and includes. */
import type { ComponentChildren } from 'preact';
import type { OfferedPlan } from '../../standing';
import { useFormats } from '../formats';

interface PlanListProps {
  readonly plans: readonly OfferedPlan[];
  readonly currency: string;
  /** What to do about each of them. */
  readonly action: (plan: OfferedPlan) => ComponentChildren;
}

export const PlanList = ({ plans, currency, action }: PlanListProps) => (
  <ul class="plans">
    {plans.map((plan) => (
      <li key={plan.id} class={plan.isCurrent ? 'current' : undefined}>
        <Offer plan={plan} currency={currency} />
        <div class="buttons">{action(plan)}</div>
      </li>
    ))}
  </ul>
);

function Offer({ plan, currency }: { readonly plan: OfferedPlan; readonly currency: string }) {
  const formats = useFormats();
  const { name, monthlyPriceCents, includedTokens, prices, isCurrent } = plan;
  const included =
    includedTokens === null
      ? 'Unlimited tokens.'
      : includedTokens === 0
        ? 'No allowance: every token is priced.'
        : `${formats.tokens(includedTokens)} tokens included each month.`;
  return (
    <div>
      <p class="offer">
        <strong>{name}</strong> {isCurrent && <span class="badge">your plan</span>}
        <span>{formats.money(monthlyPriceCents, currency)} a month</span>
      </p>
      <p class="note">{included}</p>
      {includedTokens !== null &&
        prices.map((price) => (
          <p class="note" key={price.name}>
            {price.name}: {formats.price(price.pricePerMillionTokens, currency)} per million
          </p>
        ))}
    </div>
  );
}
