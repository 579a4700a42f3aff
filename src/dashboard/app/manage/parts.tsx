/** What the cards of this folder have in common: a button that works, a refusal, a dialog. */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Refusal } from '../../../react/data/refusal';
import type { Standing } from '../../standing';
import type { Desk } from './desk';
import type { Order } from './use-order';

export interface DeskProps {
  readonly desk: Desk;
  readonly standing: Standing;
  readonly setStanding: (standing: Standing) => void;
}

interface ButtonProps {
  readonly children: ComponentChildren;
  readonly onPress: () => void;
  readonly mood?: 'main' | 'bad';
  readonly isBusy?: boolean;
}

/** A busy one keeps the focus, and says that it works. */
export const Button = ({ children, onPress, mood, isBusy = false }: ButtonProps) => (
  <button
    type="button"
    class={mood}
    aria-disabled={isBusy}
    aria-busy={isBusy}
    onClick={() => isBusy || onPress()}
  >
    {children}
  </button>
);

/** Codes that another card mends. */
const OF_THE_CARD = ['card_declined', 'payment_requires_action', 'customer_not_payable'];

interface RefusalProps {
  readonly refusal: Refusal | undefined;
  /** Leads to Stripe's page for a card. Absent: this link lets nobody put one in. */
  readonly toCard?: (() => void) | undefined;
}

export function RefusalText({ refusal, toCard }: RefusalProps) {
  if (!refusal) return null;
  return (
    <div role="alert" class="refusal">
      <p>{refusal.message}</p>
      {toCard && OF_THE_CARD.includes(refusal.code) && (
        <Button onPress={toCard}>Put in another card</Button>
      )}
    </div>
  );
}

interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

/** The browser keeps the focus in it, and gives it back where it was. */
export function Dialog({ title, onClose, children }: DialogProps) {
  const place = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = place.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  return (
    <dialog ref={place} aria-labelledby="dialog-title" onClose={onClose}>
      <div class="dialog-head">
        <h2 id="dialog-title">{title}</h2>
        <button type="button" class="close" aria-label="Close" onClick={onClose}>
          ×
        </button>
      </div>
      {children}
    </dialog>
  );
}

/** Stripe shows its page in no frame: there it is a link to a window of its own. */
export async function leaveFor(desk: Desk, plan: string | undefined, key: string): Promise<void> {
  const url = await desk.checkout(plan, key);
  if (window.top === window) return location.assign(url);
  window.open(url, '_blank', 'noopener');
}

export const toCard =
  ({ desk, standing }: Pick<DeskProps, 'desk' | 'standing'>, order: Order) =>
  (): void => {
    if (standing.rights.includes('card')) void order.run((key) => leaveFor(desk, undefined, key));
  };
