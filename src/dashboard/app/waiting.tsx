/** What waits for its day, for whoever may only look: the end, or another plan. */
import type { WaitingChanges } from '../standing';
import { useFormats } from './formats';

export function Waiting({ changes: { cancelAt, nextPlan } }: { readonly changes: WaitingChanges }) {
  const formats = useFormats();
  if (cancelAt !== null)
    return (
      <p id="waiting-change">
        <strong class="over">
          It ends on <time dateTime={cancelAt}>{formats.moment(cancelAt)}</time>,
        </strong>{' '}
        and is not renewed.
      </p>
    );
  if (!nextPlan) return null;
  return (
    <p id="waiting-change">
      <strong>
        {nextPlan.name} from <time dateTime={nextPlan.from}>{formats.moment(nextPlan.from)}</time>{' '}
        on.
      </strong>
    </p>
  );
}
