/** What the period costs so far, and where it is heading. */
import { grouped } from '../core/details';
import { formatCents } from '../core/money';
import type { Html } from './html';
import { html } from './html';
import { dayOf } from './time';
import type { DashboardView } from './view';

export function moneySections({ report, isEnded }: DashboardView): Html {
  const { amountDueCents, currency, overageTokens, period } = report;
  const end = new Date(period.end);
  return html`<section class="card" aria-labelledby="due">
      <h2 id="due">${isEnded ? 'Amount' : 'Amount due'}</h2>
      <p class="figure"><strong>${formatCents(amountDueCents, currency)}</strong></p>
      <p class="note">
        The plan's price and usage beyond it
        ${isEnded ? 'in this period' : 'in this period so far'}, before tax.
      </p>
    </section>
    <section class="card" aria-labelledby="overage">
      <h2 id="overage">Overage</h2>
      <p class="figure"><strong>${grouped(overageTokens)}</strong> tokens</p>
      <p class="note">Used beyond the allowance of this period.</p>
    </section>
    ${isEnded ? ended(end) : projection(report, end)}`;
}

const ended = (end: Date): Html =>
  html`<section class="card" aria-labelledby="projection">
    <h2 id="projection">Projection</h2>
    <p class="figure"><strong>Ended</strong></p>
    <p class="note">This period ended on ${dayOf(end)}: nothing is left to estimate.</p>
  </section>`;

const projection = ({ projection, currency, period }: DashboardView['report'], end: Date): Html =>
  html`<section class="card" aria-labelledby="projection">
    <h2 id="projection">Projected for ${dayOf(end)}</h2>
    <p class="figure"><strong>${formatCents(projection.amountCents, currency)}</strong></p>
    <p class="note">
      ${grouped(projection.tokens)} tokens, ${grouped(projection.overageTokens)} over: usage since
      ${dayOf(new Date(period.start))} carried on at the same average pace to the end, with overage
      priced in the mix of models used so far.
    </p>
  </section>`;
