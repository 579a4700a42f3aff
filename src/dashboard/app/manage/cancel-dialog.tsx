/** What it means to cancel, before it is done. */
import type { Cancellation, Standing } from '../../standing';
import { useFormats } from '../formats';
import type { DeskProps } from './parts';
import { Button, Dialog, RefusalText } from './parts';
import { useOrder } from './use-order';

interface CancelDialogProps extends DeskProps {
  readonly cancellation: Cancellation;
  readonly onClose: () => void;
  readonly onDone: (standing: Standing) => void;
}

export function CancelDialog(props: CancelDialogProps) {
  const { desk, standing, cancellation, onClose, onDone } = props;
  const formats = useFormats();
  const order = useOrder();
  const { endsAt, usageCents, isTrial } = cancellation;
  return (
    <Dialog title="Cancel the subscription" onClose={onClose}>
      <ul class="meaning">
        <li>
          It ends on <strong>{formats.moment(endsAt)}</strong>. Until then you have all that you
          have now.
        </li>
        {isTrial ? (
          <li>You pay nothing: usage of a trial is free, and no period is begun.</li>
        ) : (
          <li>
            The last invoice comes then, with usage beyond the allowance only:{' '}
            <strong>{formats.money(usageCents, standing.currency)}</strong> so far, before tax. What
            is paid already is not given back.
          </li>
        )}
        <li>Until it ends you can take it back here, and it costs nothing.</li>
        <li>Your invoices and your usage stay. You can subscribe again at any time.</li>
      </ul>
      <RefusalText refusal={order.refusal} />
      <div class="buttons">
        <Button
          mood="bad"
          isBusy={order.isBusy}
          onPress={() => void order.run(async (key) => onDone(await desk.cancel(key)))}
        >
          Cancel for {formats.moment(endsAt)}
        </Button>
        <Button onPress={onClose}>Don't cancel</Button>
      </div>
    </Dialog>
  );
}
