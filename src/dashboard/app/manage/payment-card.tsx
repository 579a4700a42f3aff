/** The card that pays, and the way to another one. */
import type { StandingCard } from '../../standing';
import { Card } from '../card';
import type { DeskProps } from './parts';
import { Button, leaveFor, RefusalText } from './parts';
import { useOrder } from './use-order';

export function PaymentCard({ desk, standing: { card } }: DeskProps) {
  const order = useOrder();
  return (
    <Card id="card" title="Payment method">
      {card ? (
        <p class="figure">
          <strong class="method">{nameOf(card)}</strong>
        </p>
      ) : (
        <p>
          <strong>There is no card yet.</strong> Invoices can't be paid until there is one.
        </p>
      )}
      {card && <Expiry card={card} />}
      <div class="buttons">
        <Button
          isBusy={order.isBusy}
          mood={card && !card.isExpired ? undefined : 'main'}
          onPress={() => void order.run((key) => leaveFor(desk, undefined, key))}
        >
          {card ? 'Change the card' : 'Put in a card'}
        </Button>
      </div>
      <RefusalText refusal={order.refusal} />
      <p class="note">
        It costs nothing. You put it in on Stripe's page, and come back here; we never see it.
      </p>
    </Card>
  );
}

function Expiry({ card: { expires, isExpired } }: { readonly card: StandingCard }) {
  if (!expires) return null;
  const date = `${String(expires.month).padStart(2, '0')}/${expires.year}`;
  return isExpired ? (
    <p class="over">It expired {date}: the next payment will fail.</p>
  ) : (
    <p class="note">Good until {date}.</p>
  );
}

const nameOf = ({ brand, last4 }: StandingCard): string => {
  const name = brand.charAt(0).toUpperCase() + brand.slice(1).replaceAll('_', ' ');
  return last4 === null ? name : `${name} ···· ${last4}`;
};
