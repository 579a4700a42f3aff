/** Another plan: first the list, then what the chosen one costs, then the change. */
import { useState } from 'preact/hooks';
import type { ChangePrice, OfferedPlan, Standing } from '../../standing';
import { useFormats } from '../formats';
import type { DeskProps } from './parts';
import { Button, Dialog, RefusalText, toCard } from './parts';
import { PlanList } from './plan-list';
import { PriceTable } from './price-table';
import { useOrder } from './use-order';

interface PlanDialogProps extends DeskProps {
  readonly onClose: () => void;
  readonly onDone: (standing: Standing) => void;
}

export function PlanDialog(props: PlanDialogProps) {
  const { desk, standing, onClose, onDone } = props;
  const [price, setPrice] = useState<ChangePrice>();
  const order = useOrder();
  const refusal = <RefusalText refusal={order.refusal} toCard={toCard(props, order)} />;
  const look = (plan: string) => void order.run(async () => setPrice(await desk.price(plan)));
  if (price)
    return (
      <Dialog title={titleOf(price)} onClose={onClose}>
        <PriceTable price={price} />
        {refusal}
        <div class="buttons">
          <Button
            mood="main"
            isBusy={order.isBusy}
            onPress={() => void order.run(async (key) => onDone(await desk.changePlan(price, key)))}
          >
            <Confirm price={price} />
          </Button>
          <Button
            onPress={() => {
              order.forget();
              setPrice(undefined);
            }}
          >
            Back to the plans
          </Button>
        </div>
      </Dialog>
    );
  return (
    <Dialog title="Change the plan" onClose={onClose}>
      <p class="note">
        You see what it costs before anything is changed. All prices are before tax.
      </p>
      {refusal}
      <PlanList
        plans={standing.plans}
        currency={standing.currency}
        action={(plan) =>
          isChoice(plan, standing) && (
            <Button isBusy={order.isBusy} onPress={() => look(plan.id)}>
              {plan.way === 'stay' ? `Stay on ${plan.name}` : `See the price of ${plan.name}`}
            </Button>
          )
        }
      />
    </Dialog>
  );
}

/** Staying is a choice where a change waits. */
const isChoice = ({ isCurrent }: OfferedPlan, { nextPlan }: Standing): boolean =>
  !isCurrent || nextPlan !== null;

const titleOf = ({ name, way }: ChangePrice): string =>
  way === 'now' ? `Change to ${name} now` : `${name} from the next period on`;

function Confirm({ price }: { readonly price: ChangePrice }) {
  const formats = useFormats();
  const { dueNowCents, currency, name } = price;
  if (dueNowCents > 0) return <>Change, and pay {formats.money(dueNowCents, currency)} now</>;
  return <>Change to {name}</>;
}
