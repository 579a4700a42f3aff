/** What the customer has and can change: the plan, and the card that pays it. */
import { Card } from '../card';
import type { Desk } from './desk';
import { PaymentCard } from './payment-card';
import { PlanCard } from './plan-card';
import { Shop } from './shop';
import type { StandingNow } from './use-standing';

const DONE: Readonly<Record<string, string>> = {
  card: 'Your card is saved. What is unpaid is charged to it now.',
  plan: 'Thank you: you are subscribed.',
};

interface ManageProps {
  readonly desk: Desk;
  readonly now: StandingNow;
}

export function ManageCards({ desk, now }: ManageProps) {
  const { standing, refusal, done, setStanding } = now;
  if (!standing)
    return (
      <Card id="plan" title="Your plan" isWide>
        {refusal === undefined ? <p class="note">One moment …</p> : <p role="alert">{refusal}</p>}
      </Card>
    );
  const isBuyer = standing.plan === null || standing.billingStatus === 'ended';
  const isShop = standing.plans.some(({ way }) => way === 'checkout');
  const props = { desk, standing, setStanding };
  return (
    <>
      {done !== undefined && DONE[done] && (
        <p role="status" class="done wide">
          {DONE[done]}
        </p>
      )}
      {refusal !== undefined && (
        <p role="alert" class="refusal wide">
          {refusal}
        </p>
      )}
      <div class="row">
        {isShop ? <Shop {...props} isBack={standing.plan !== null} /> : <PlanCard {...props} />}
        {standing.rights.includes('card') && !isBuyer && <PaymentCard {...props} />}
      </div>
    </>
  );
}
