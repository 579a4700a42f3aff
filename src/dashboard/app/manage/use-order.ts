/** One thing that the customer does: it runs once at a time, and says why where it was refused. */
import { useRef, useState } from 'preact/hooks';
import { isDecided, newKey, Refusal } from './desk';

export interface Order {
  readonly isBusy: boolean;
  readonly refusal: Refusal | undefined;
  /** The same key as before, as long as nobody knows whether it was done. */
  readonly run: (act: (key: string) => Promise<void>) => Promise<void>;
  readonly forget: () => void;
}

export function useOrder(): Order {
  const [isBusy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<Refusal>();
  const key = useRef(newKey());
  // A second press comes before the page has drawn that the first is under way.
  const isRunning = useRef(false);
  const run = async (act: (key: string) => Promise<void>) => {
    if (isRunning.current) return;
    isRunning.current = true;
    setBusy(true);
    setRefusal(undefined);
    try {
      await act(key.current);
      key.current = newKey();
    } catch (error) {
      const reason = error instanceof Refusal ? error : new Refusal('unexpected', String(error));
      if (isDecided(reason)) key.current = newKey();
      setRefusal(reason);
    } finally {
      isRunning.current = false;
      setBusy(false);
    }
  };
  const forget = () => {
    key.current = newKey();
    setRefusal(undefined);
  };
  return { isBusy, refusal, run, forget };
}
