/** The vendor's page, whole. */
import { formatCents } from '../core/money';
import { staticDocument } from './document';
import type { Html } from './html';
import { html } from './html';
import { momentOf } from './time';
import { accountSection } from './vendor-account-section';
import { monthTable, movementTable } from './vendor-tables';
import type { VendorDashboardView } from './vendor-view';
import { grouped } from '../core/grouped';

export function vendorPage(view: VendorDashboardView): string {
  return staticDocument({
    isBehindLink: true,
    title: `Payouts to ${view.vendorName}`,
    main: html`<header>
        <h1>${view.vendorName}</h1>
        <p>
          Sales and
          payouts${view.feePercent !== null && html` · the platform’s fee is ${view.feePercent}%`}
        </p>
      </header>
      <div class="cards">
        ${balanceSection(view)}${soldSection(view)}${paidSection(view)} ${accountSection(view)}
        ${monthTable(view)}${movementTable(view)}
      </div>`,
    footer: html`As of ${momentOf(view.now)}. Months and all times are UTC.`,
  });
}

function balanceSection(view: VendorDashboardView): Html {
  const { balanceDueCents } = view.statement.totals;
  const isDebt = balanceDueCents < 0;
  const amount = formatCents(Math.abs(balanceDueCents), view.currency);
  return html`<section class="card" aria-labelledby="balance">
    <h2 id="balance">${isDebt ? 'You owe' : 'Balance due'}</h2>
    <p class="figure">
      ${isDebt ? html`<strong class="over">${amount}</strong>` : html`<strong>${amount}</strong>`}
    </p>
    <p class="note">${balanceNote(view)}</p>
  </section>`;
}

function balanceNote({ statement, currency, minimumPayoutCents }: VendorDashboardView): Html {
  const { balanceDueCents, grossCents } = statement.totals;
  const { heldCents } = statement;
  if (grossCents === 0) return html`Nothing is sold yet.`;
  if (balanceDueCents < 0)
    return html`Money came back to customers after you were paid: your next payouts are less by it.`;
  if (balanceDueCents === 0) return html`Everything you have earned was transferred to you.`;
  const heldNotice =
    heldCents > 0 &&
    html`${formatCents(heldCents, currency)} is kept back for some days, should a customer be given
    money back. `;
  const minimum =
    minimumPayoutCents > 0 &&
    html`It is transferred once ${formatCents(minimumPayoutCents, currency)} is due.`;
  return html`${heldNotice || html`Earned and not transferred yet. `}${minimum}`;
}

function soldSection({ statement: { totals }, currency }: VendorDashboardView): Html {
  const keptCents = totals.shareCents - totals.moneyBackCents;
  return html`<section class="card" aria-labelledby="earned">
    <h2 id="earned">Earned</h2>
    <p class="figure"><strong>${formatCents(keptCents, currency)}</strong></p>
    <p class="note">
      Your share of
      ${formatCents(totals.grossCents, currency)}${
        totals.tokens > 0 && html` for ${grouped(totals.tokens)} tokens`
      }${
        totals.moneyBackCents > 0 &&
        html`, less ${formatCents(totals.moneyBackCents, currency)} that came back`
      }.
    </p>
  </section>`;
}

function paidSection({ statement: { totals }, currency }: VendorDashboardView): Html {
  const receivedCents = totals.transferredCents - totals.reversedCents;
  return html`<section class="card" aria-labelledby="paid">
    <h2 id="paid">Transferred</h2>
    <p class="figure"><strong>${formatCents(receivedCents, currency)}</strong></p>
    <p class="note">
      To your account at
      Stripe${
        totals.reversedCents > 0 &&
        html`, after ${formatCents(totals.reversedCents, currency)} was taken back`
      }.
    </p>
  </section>`;
}
