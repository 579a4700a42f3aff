/** The plans that can be taken: first what the chosen one costs, then the change. */
'use client';

import { useState } from 'react';
import { useOrder, usePlans } from './hooks';
import type { Plans as PlansNow } from './hooks';
import { Button, Money, RefusalText, Section, Stale, Wait } from './parts';
import type { SectionProps } from './parts';
import { PlanOffer, PlanState } from './plan-offer';
import { PlanPrice } from './plan-price';
import type { ChangePrice, OfferedPlan, Standing } from './data/standing';

export interface PlansProps extends SectionProps {
  /** Where Stripe's page leads back to. Left out: to this page. */
  readonly returnUrl?: string;
}

export function Plans({ className, returnUrl }: PlansProps) {
  const plans = usePlans();
  const { data, error, isLoading, refresh } = plans;
  return (
    <Section title="Plan" className={className} isBusy={isLoading}>
      {data ? <Stale error={error} refresh={refresh} /> : <Wait error={error} refresh={refresh} />}
      {data && <Choice plans={plans} standing={data} returnUrl={returnUrl} />}
    </Section>
  );
}

interface ChoiceProps {
  readonly plans: PlansNow;
  readonly standing: Standing;
  readonly returnUrl: string | undefined;
}

/** Codes that another card mends. */
const OF_THE_CARD = ['card_declined', 'payment_requires_action', 'customer_not_payable'];

/** The plan that is chosen and not confirmed yet, what was done, and how to go on. */
function useChoice({ plans, returnUrl }: ChoiceProps) {
  const [price, setPrice] = useState<ChangePrice>();
  const [notice, setNotice] = useState<string>();
  const order = useOrder();
  const leaveFor = (plan: string | undefined) =>
    void order.run((key) =>
      plans.checkout({ key, ...(plan !== undefined && { plan }), ...(returnUrl && { returnUrl }) }),
    );
  return {
    ...{ price, notice, order, leaveFor },
    choose: ({ id, way }: OfferedPlan) => {
      setNotice(undefined);
      if (way === 'checkout') return leaveFor(id);
      void order.run(async () => setPrice(await plans.preview(id)));
    },
    confirm: (shownPrice: ChangePrice) =>
      void order.run(async (key) => {
        await plans.change(shownPrice, key);
        setPrice(undefined);
        setNotice(doneText(shownPrice));
      }),
    goBack: () => {
      order.forget();
      setPrice(undefined);
    },
  };
}

function Choice(props: ChoiceProps) {
  const { standing } = props;
  const { price, notice, order, leaveFor, choose, confirm, goBack } = useChoice(props);
  const isOfCard = OF_THE_CARD.includes(order.refusal?.code ?? '');
  const refusal = (
    <RefusalText refusal={order.refusal}>
      {isOfCard && standing.rights.includes('card') && (
        <Button onPress={() => leaveFor(undefined)}>Put in another card</Button>
      )}
    </RefusalText>
  );
  if (price)
    return (
      <PlanPrice price={price}>
        {refusal}
        <div className="tollkeeper-buttons">
          <Button isMain isBusy={order.isBusy} onPress={() => confirm(price)}>
            <ConfirmText price={price} />
          </Button>
          <Button onPress={goBack}>Back to the plans</Button>
        </div>
      </PlanPrice>
    );
  return (
    <>
      <PlanState standing={standing} />
      <p role="status" className={notice === undefined ? undefined : 'tollkeeper-done'}>
        {notice}
      </p>
      {refusal}
      <ul className="tollkeeper-plans">
        {standing.plans.map((plan) => (
          <PlanOffer key={plan.id} plan={plan} currency={standing.currency}>
            {isChoice(plan, standing) && (
              <Button isBusy={order.isBusy} onPress={() => choose(plan)}>
                {choiceText(plan)}
              </Button>
            )}
          </PlanOffer>
        ))}
      </ul>
    </>
  );
}

/** Staying is a choice where a change waits. */
const isChoice = ({ isCurrent }: OfferedPlan, { nextPlan }: Standing): boolean =>
  !isCurrent || nextPlan !== null;

const choiceText = ({ name, way }: OfferedPlan): string => {
  if (way === 'checkout') return `Subscribe to ${name}`;
  return way === 'stay' ? `Stay on ${name}` : `See the price of ${name}`;
};

const doneText = ({ name, way }: ChangePrice): string =>
  way === 'now' ? `You are on ${name} now.` : `${name} begins with the next period.`;

function ConfirmText({ price: { dueNowCents, currency, name } }: { readonly price: ChangePrice }) {
  if (dueNowCents <= 0) return <>Change to {name}</>;
  return (
    <>
      Change, and pay <Money cents={dueNowCents} currency={currency} /> now
    </>
  );
}
