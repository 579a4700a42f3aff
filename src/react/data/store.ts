/**
 * What was answered last, shared by all parts of a page that show it. Answers may overtake each
 * other: the one that was asked for last counts, and none from before something was done.
 */
import { asRefusal } from './refusal';
import type { Refusal } from './refusal';

export interface Answer<T> {
  /** The last good answer, also while a later one is awaited or was refused. */
  readonly data: T | undefined;
  readonly error: Refusal | undefined;
  readonly isLoading: boolean;
}

export interface Store<T> {
  readonly snapshot: () => Answer<T>;
  readonly subscribe: (onChange: () => void) => () => void;
  readonly refresh: () => Promise<void>;
  /** Reads again, unless nobody shows it. */
  readonly refreshIfShown: () => void;
  readonly set: (data: T) => void;
}

export const NOTHING_YET: Answer<never> = { data: undefined, error: undefined, isLoading: true };

/** `join`: called when somebody begins to show it, and answers what is to be done at the end. */
export function createStore<T>(read: () => Promise<T>, join: () => () => void): Store<T> {
  let answer: Answer<T> = NOTHING_YET;
  let questions = 0;
  const listeners = new Map<() => void, () => void>();
  const show = (next: Answer<T>) => {
    answer = next;
    for (const onChange of [...listeners.keys()]) onChange();
  };
  const refresh = async (): Promise<void> => {
    const question = (questions += 1);
    if (!answer.isLoading) show({ ...answer, isLoading: true });
    const next = await read().then(
      (data): Answer<T> => ({ data, error: undefined, isLoading: false }),
      (error: unknown): Answer<T> => ({
        ...{ data: answer.data, error: asRefusal(error), isLoading: false },
      }),
    );
    if (question === questions) show(next);
  };
  return {
    snapshot: () => answer,
    refresh,
    refreshIfShown: () => {
      if (listeners.size > 0) void refresh();
    },
    set: (data) => {
      questions += 1;
      show({ data, error: undefined, isLoading: false });
    },
    subscribe: (onChange) => {
      // React gives each subscriber a function of its own.
      const leave = join();
      listeners.set(onChange, leave);
      if (listeners.size === 1) void refresh();
      return () => {
        listeners.delete(onChange);
        leave();
      };
    },
  };
}
