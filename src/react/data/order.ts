/** One thing that the customer does: it runs once at a time, and says why where it was refused. */
import { asRefusal, isDecided, newKey } from './refusal';
import type { Refusal } from './refusal';

export interface OrderState {
  readonly isBusy: boolean;
  readonly refusal: Refusal | undefined;
}

export const IDLE: OrderState = { isBusy: false, refusal: undefined };

export interface OrderDesk {
  /** The same key as before, as long as nobody knows whether it was done. */
  readonly run: (act: (key: string) => Promise<void>) => Promise<void>;
  readonly forget: () => void;
}

/** `onState`: is called with what is to be drawn. */
export function createOrderDesk(onState: (state: OrderState) => void): OrderDesk {
  let key: string | undefined;
  // A second press comes before the page has drawn that the first is under way.
  let isRunning = false;
  return {
    run: async (act) => {
      if (isRunning) return;
      isRunning = true;
      onState({ isBusy: true, refusal: undefined });
      let refusal: Refusal | undefined;
      try {
        key ??= newKey();
        await act(key);
        key = undefined;
      } catch (error) {
        refusal = asRefusal(error);
        if (isDecided(refusal)) key = undefined;
      }
      isRunning = false;
      onState({ isBusy: false, refusal });
    },
    forget: () => {
      key = undefined;
      onState(IDLE);
    },
  };
}
