/**
 * Reads something again whenever its news change. Answers may overtake each other: the one that was
 * asked for last counts, and none that was asked for before something was done.
 */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { asRefusal } from '../../../react/data/refusal';
import type { Refusal } from '../../../react/data/refusal';

export interface Latest<T> {
  readonly value: T | undefined;
  /** Why the last try answered nothing. */
  readonly refusal: Refusal | undefined;
  readonly readAgain: () => void;
  readonly setValue: (value: T) => void;
}

/** `read` must be the same function as long as it reads the same. */
export function useLatest<T>(read: () => Promise<T>, news: string): Latest<T> {
  const [value, setRead] = useState<T>();
  const [refusal, setRefusal] = useState<Refusal>();
  const questions = useRef(0);
  const readAgain = useCallback(() => {
    const question = (questions.current += 1);
    const isLatest = () => question === questions.current;
    read().then(
      (answer) => {
        if (!isLatest()) return;
        setRead(answer);
        setRefusal(undefined);
      },
      (error: unknown) => {
        if (isLatest()) setRefusal(asRefusal(error));
      },
    );
  }, [read]);
  useEffect(readAgain, [readAgain, news]);
  useEffect(() => {
    const onVisible = () => {
      if (!document.hidden) readAgain();
    };
    document.addEventListener('visibilitychange', onVisible);
    return () => document.removeEventListener('visibilitychange', onVisible);
  }, [readAgain]);
  const setValue = (done: T) => {
    questions.current += 1;
    setRead(done);
    setRefusal(undefined);
  };
  return { value, refusal, readAgain, setValue };
}
