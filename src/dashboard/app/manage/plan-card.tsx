/** The plan: what it costs, what becomes of it, and what can be done about it. */
import { useState } from 'preact/hooks';
import type { Standing } from '../../standing';
import { Card } from '../card';
import { useFormats } from '../formats';
import { CancelDialog } from './cancel-dialog';
import type { DeskProps } from './parts';
import { Button, RefusalText, toCard } from './parts';
import { PlanDialog } from './plan-dialog';
import { PlanFuture } from './plan-future';
import { useOrder } from './use-order';

type Finish = (text: string) => (now: Standing) => void;
type Step = 'plans' | 'cancel';

export function PlanCard(props: DeskProps) {
  const { standing, setStanding } = props;
  const formats = useFormats();
  const [step, setStep] = useState<Step>();
  const [notice, setNotice] = useState<string>();
  const { plan, currency, cancellation } = standing;
  const close = () => setStep(undefined);
  const finish: Finish = (text) => (now) => {
    setStanding(now);
    setNotice(text);
    close();
  };
  return (
    <Card id="plan" title="Your plan">
      <p class="figure">
        <strong id="plan-name">{plan?.name ?? 'None yet'}</strong>
        {plan && `${formats.money(plan.monthlyPriceCents, currency)} a month, before tax`}
      </p>
      <p id="plan-future">
        <PlanFuture standing={standing} />
      </p>
      {notice !== undefined && (
        <p role="status" class="done">
          {notice}
        </p>
      )}
      <Steps {...props} finish={finish} open={setStep} />
      {step === 'plans' && (
        <PlanDialog {...props} onClose={close} onDone={finish('Your plan was changed.')} />
      )}
      {step === 'cancel' && cancellation && (
        <CancelDialog
          {...props}
          cancellation={cancellation}
          onClose={close}
          onDone={finish('Your subscription is canceled for the end of the period.')}
        />
      )}
    </Card>
  );
}

interface StepsProps extends DeskProps {
  readonly finish: Finish;
  readonly open: (step: Step) => void;
}

function Steps({ finish, open, ...props }: StepsProps) {
  const { desk, standing } = props;
  const formats = useFormats();
  const order = useOrder();
  const { plan, currency, plans, cancellation, cancelAt, billingStatus } = standing;
  const goOn = (cents: number) =>
    void order.run(async (key) => finish('It goes on.')(await desk.goOn(cents, key)));
  const keep = () =>
    void order.run(async (key) => finish('It goes on as before.')(await desk.keep(key)));
  return (
    <>
      <div class="buttons">
        {billingStatus === 'paused' && plan && plans.length > 0 && (
          <Button mood="main" isBusy={order.isBusy} onPress={() => goOn(plan.monthlyPriceCents)}>
            Go on: {formats.money(plan.monthlyPriceCents, currency)} now
          </Button>
        )}
        {cancellation && cancelAt !== null && (
          <Button mood="main" isBusy={order.isBusy} onPress={keep}>
            Keep the subscription
          </Button>
        )}
        {plans.length > 1 && <Button onPress={() => open('plans')}>Change the plan</Button>}
        {cancellation && cancelAt === null && (
          <Button mood="bad" onPress={() => open('cancel')}>
            Cancel the subscription
          </Button>
        )}
      </div>
      <RefusalText refusal={order.refusal} toCard={toCard(props, order)} />
    </>
  );
}
