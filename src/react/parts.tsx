/** What the components have in common: a section with a heading, a button, a refusal, a wait. */
'use client';

import { useId } from 'react';
import type { ReactNode } from 'react';
import { useFormats } from './provider';
import type { Refusal } from './data/refusal';

export interface SectionProps {
  /** Added to the component's own. */
  readonly className?: string;
}

interface FrameProps extends SectionProps {
  readonly title: string;
  readonly children: ReactNode;
  /** Something is asked for, and shown as it was until then. */
  readonly isBusy: boolean;
}

export function Section({ title, className = '', children, isBusy }: FrameProps) {
  const id = useId();
  return (
    <section className={`tollkeeper ${className}`.trim()} aria-labelledby={id} aria-busy={isBusy}>
      <h2 id={id}>{title}</h2>
      {children}
    </section>
  );
}

interface ButtonProps {
  readonly children: ReactNode;
  readonly onPress: () => void;
  readonly isMain?: boolean;
  readonly isBusy?: boolean;
}

/** A busy one keeps the focus, and says that it works. */
export const Button = ({ children, onPress, isMain, isBusy = false }: ButtonProps) => (
  <button
    type="button"
    className={isMain ? 'tollkeeper-main' : undefined}
    aria-disabled={isBusy}
    aria-busy={isBusy}
    onClick={() => isBusy || onPress()}
  >
    {children}
  </button>
);

interface RefusalProps {
  readonly refusal: Refusal | undefined;
  readonly children?: ReactNode;
}

export const RefusalText = ({ refusal, children }: RefusalProps) =>
  refusal ? (
    <div role="alert" className="tollkeeper-refusal">
      <p>{refusal.message}</p>
      {children}
    </div>
  ) : null;

interface WaitProps {
  readonly error: Refusal | undefined;
  readonly refresh: () => Promise<void>;
}

/** Nothing was answered yet: it is waited for, or it was refused and can be asked for again. */
export const Wait = ({ error, refresh }: WaitProps) =>
  error ? (
    <RefusalText refusal={error}>
      <Button onPress={() => void refresh()}>Try again</Button>
    </RefusalText>
  ) : (
    <p className="tollkeeper-note" role="status">
      One moment …
    </p>
  );

/** What is shown is not the latest, which could not be had. */
export const Stale = ({ error, refresh }: WaitProps) =>
  error ? (
    <RefusalText refusal={error}>
      <p className="tollkeeper-note">What you see is as it was before.</p>
      <Button onPress={() => void refresh()}>Try again</Button>
    </RefusalText>
  ) : null;

interface MoneyProps {
  readonly cents: number;
  readonly currency: string;
}

export const Money = ({ cents, currency }: MoneyProps) => (
  <>{useFormats().money(cents, currency)}</>
);
