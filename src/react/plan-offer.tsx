/** What the customer has, and what else there is. */
'use client';

import type { ReactNode } from 'react';
import { useFormats } from './provider';
import type { OfferedPlan, Standing } from './data/standing';

interface OfferProps {
  readonly plan: OfferedPlan;
  readonly currency: string;
  readonly children: ReactNode;
}

export function PlanOffer({ plan, currency, children }: OfferProps) {
  const formats = useFormats();
  const { name, monthlyPriceCents, includedTokens, prices, isCurrent } = plan;
  return (
    <li className={isCurrent ? 'tollkeeper-current' : undefined}>
      <h3>
        {name}
        {isCurrent && <span className="tollkeeper-badge">Your plan</span>}
      </h3>
      <p>
        <strong>{formats.money(monthlyPriceCents, currency)}</strong> a month, before tax
      </p>
      <p className="tollkeeper-note">
        {includedTokens === null && 'Unlimited tokens'}
        {includedTokens === 0 && 'No allowance: every token is priced'}
        {!!includedTokens && `${formats.tokens(includedTokens)} tokens included`}
      </p>
      {prices.map((price) => (
        <p key={price.name} className="tollkeeper-note">
          {price.name}: {formats.price(price.pricePerMillionTokens, currency)} per million
        </p>
      ))}
      {children}
    </li>
  );
}

/** One sentence tells what becomes of the plan. */
export function PlanState({ standing }: { readonly standing: Standing }) {
  const { moment } = useFormats();
  const { plan, nextPlan, cancelAt, billingStatus } = standing;
  if (plan === null) return <p>You have no plan yet.</p>;
  if (billingStatus === 'ended') return <p>Your subscription has ended.</p>;
  return (
    <p>
      You are on <strong>{plan.name}</strong>
      {billingStatus === 'past_due' && ', and an invoice is unpaid'}
      {billingStatus === 'paused' && ', which is paused: its trial has ended'}
      {cancelAt !== null && `, until it ends on ${moment(cancelAt)}`}
      {nextPlan !== null && `, and on ${nextPlan.name} from ${moment(nextPlan.from)} on`}.
    </p>
  );
}
