/** One box of the page, a landmark by its title. */
import type { ComponentChildren } from 'preact';

interface CardProps {
  readonly id: string;
  readonly title: ComponentChildren;
  readonly isWide?: boolean;
  readonly children: ComponentChildren;
}

export const Card = ({ id, title, isWide = false, children }: CardProps) => (
  <section class={isWide ? 'card wide' : 'card'} aria-labelledby={id}>
    <h2 id={id}>{title}</h2>
    {children}
  </section>
);
