/** What waits for its day, for whoever may only look: the end, or another plan. */
import type { WaitingChanges } from '../standing';
import { useFormats } from './formats';

export function Waiting({ changes: { cancelAt, nextPlan } }: { readonly changes: WaitingChanges }) {
  const formats = useFormats();
  const moment = (at: string) => <time dateTime={at}>{formats.moment(at)}</time>;
  if (cancelAt !== null)
    return (
      <p id="waiting-change">
        <strong class="over">It ends on {moment(cancelAt)},</strong> and is not renewed.
      </p>
    );
  if (!nextPlan) return null;
  return (
    <p id="waiting-change">
      <strong>
        {nextPlan.name} from {moment(nextPlan.from)} on.
      </strong>
    </p>
  );
}
