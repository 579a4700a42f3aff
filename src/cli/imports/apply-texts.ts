/** What is asked before imports are carried out, and what came of them. */
import type { ImportWish } from '../../core/adoption/import-step';
import { grouped } from '../../core/grouped';
import type { ImportPhase } from '../../db/imports';

export interface Applied {
  readonly asked: number;
  readonly byPhase: Readonly<Partial<Record<ImportPhase, number>>>;
  readonly refused: readonly { readonly subscription: string; readonly why: string }[];
  /** They have not answered: is a worker running? */
  readonly silent: readonly string[];
}

const REFUSED_SHOWN = 20;

export function questionOf(
  wishes: readonly ImportWish[],
  { mode, at }: { readonly mode: 'observe' | 'bill'; readonly at: 'now' | 'renewal' },
): string {
  const who = `${grouped(wishes.length)} subscriptions`;
  if (mode === 'observe') return `${who} are observed. Nothing is written at Stripe.`;
  const migrated = wishes.filter(({ entry }) => entry.migrate).length;
  const when = at === 'now' ? 'with the period that runs' : 'with their next renewal';
  return (
    `${who} become customers ${when}: they are marked at Stripe, get an item for each rate, and are ` +
    'billed by Tollkeeper from then on. Whatever bills their usage today has to stop there.' +
    (migrated > 0
      ? ` ${grouped(migrated)} of them are in classic billing mode: Stripe makes them flexible, for good.`
      : '')
  );
}

export function appliedText({ asked, byPhase, refused, silent }: Applied): string {
  return [
    `${grouped(asked)} were asked for:`,
    ...Object.entries(byPhase).map(([phase, count]) => `  ${phase}: ${grouped(count)}`),
    ...(refused.length > 0 ? [`${grouped(refused.length)} were refused:`] : []),
    ...refused.slice(0, REFUSED_SHOWN).map(({ subscription, why }) => `  ${subscription}: ${why}`),
    ...(silent.length > 0
      ? [`${grouped(silent.length)} have not answered yet: is a worker running? They go on.`]
      : []),
  ].join('\n');
}
