/** Whoever has no subscription chooses a plan, and buys it on Stripe's page. */
import { Card } from '../card';
import type { DeskProps } from './parts';
import { Button, leaveFor, RefusalText } from './parts';
import { PlanList } from './plan-list';
import { useOrder } from './use-order';

interface ShopProps extends DeskProps {
  /** They had a subscription before. */
  readonly isBack: boolean;
}

export function Shop({ desk, standing, isBack }: ShopProps) {
  const order = useOrder();
  return (
    <Card id="plan" title={isBack ? 'Come back' : 'Choose a plan'} isWide>
      <p>
        {isBack
          ? 'Your subscription has ended. With a new one you go on where you were.'
          : 'You have no subscription yet.'}{' '}
        You pay on Stripe's page, where you see the sum before you do. All prices are before tax.
      </p>
      <RefusalText refusal={order.refusal} />
      <PlanList
        plans={standing.plans}
        currency={standing.currency}
        action={({ id, name }) => (
          <Button
            isBusy={order.isBusy}
            onPress={() => void order.run((key) => leaveFor(desk, id, key))}
          >
            Subscribe to {name}
          </Button>
        )}
      />
    </Card>
  );
}
