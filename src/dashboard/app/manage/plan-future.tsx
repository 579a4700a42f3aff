/** What becomes of the plan, in one sentence. */
import type { Standing } from '../../standing';
import { useFormats } from '../formats';

export function PlanFuture({ standing }: { readonly standing: Standing }) {
  const formats = useFormats();
  const { plan, nextPlan, cancelAt, billingStatus } = standing;
  if (cancelAt !== null)
    return (
      <>
        <strong class="over">It ends on {formats.moment(cancelAt)}.</strong> Until then all stays as
        it is, and you can change your mind.
      </>
    );
  if (billingStatus === 'paused')
    return <>The trial has ended, and nothing was paid yet. Put in a card, then go on.</>;
  if (billingStatus === 'past_due')
    return (
      <>
        <strong class="over">An invoice is unpaid.</strong> Put in a card that pays it.
      </>
    );
  if (billingStatus === 'incomplete')
    return <>It begins with the first payment: put in a card that pays it.</>;
  if (nextPlan)
    return (
      <>
        <strong>
          {nextPlan.name} from {formats.moment(nextPlan.from)} on.
        </strong>{' '}
        Until then you keep what you have.
      </>
    );
  if (!plan?.renewsAt) return null;
  if (billingStatus === 'trialing')
    return <>The trial ends on {formats.moment(plan.renewsAt)}; then it is paid each month.</>;
  return <>It is paid again on {formats.moment(plan.renewsAt)}.</>;
}
