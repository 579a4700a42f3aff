/** A vendor's sales by month, and what was moved to and from its account. */
import { formatCents } from '../core/money';
import type { VendorMonth, VendorMovement } from '../core/vendors/vendor-statement';
import type { Html } from './html';
import { html } from './html';
import { tableSection } from './table-section';
import { dayOf, monthName } from './time';
import type { VendorDashboardView } from './vendor-view';
import { grouped } from '../core/grouped';

/** More are in the API's statement and its list of movements. */
const MOVEMENTS_MAX = 50;

export function monthTable({ statement: { months }, currency }: VendorDashboardView): Html {
  const money = (cents: number) => formatCents(cents, currency);
  const cell = (name: string, cents: number, remark: Html | false = false) =>
    html`<td class="number" role="cell" data-label="${name}">${money(cents)}${remark}</td> `;
  const row = (month: VendorMonth) =>
    html`<tr role="row">
      <th scope="row" role="rowheader">
        ${monthName(month.month)}${
          month.tokens > 0 && html`<small>${grouped(month.tokens)} tokens</small>`
        }
      </th>
      ${cell('Sold', month.grossCents)}${cell('Fee', month.feeCents)}
      ${cell('Your share', month.shareCents)}${cell('Came back', month.moneyBackCents)}
      ${cell('Transferred', month.transferredCents - month.reversedCents, offset(month, money))}
      ${cell('Due', month.balanceDueCents)}
    </tr>`;
  return tableSection({
    id: 'months',
    title: 'By month of the usage',
    heads: ['Month', 'Sold', 'Fee', 'Your share', 'Came back', 'Transferred', 'Due'],
    numbers: 6,
    isStacked: true,
    rows: [...months].reverse().map(row),
    instead: 'Your first sales are shown here once a customer has paid for them.',
  });
}

/** What of the difference between share and transfer went into a debt, or came from later sales. */
function offset({ offsetCents }: VendorMonth, money: (cents: number) => string): Html | false {
  if (offsetCents === 0) return false;
  const description = offsetCents > 0 ? 'kept for a debt' : 'paid by later sales';
  return html`<small>${money(Math.abs(offsetCents))} ${description}</small>`;
}

export function movementTable({ statement: { months }, currency }: VendorDashboardView): Html {
  const movements = months
    .flatMap(({ transfers, reversals }) => [
      ...transfers.map((each) => ({ ...each, isReversal: false })),
      ...reversals.map((each) => ({ ...each, isReversal: true })),
    ])
    .sort((a, b) => (a.recordedAt < b.recordedAt ? 1 : a.recordedAt > b.recordedAt ? -1 : 0));
  const shownMovements = movements.slice(0, MOVEMENTS_MAX);
  const count = months.reduce((sum, { movementCount }) => sum + movementCount, 0);
  return tableSection({
    id: 'movements',
    title:
      shownMovements.length < count
        ? `Transfers and reversals, the latest ${MOVEMENTS_MAX} of ${count}`
        : 'Transfers and reversals',
    heads: ['Date', 'For', 'Amount'],
    isStacked: true,
    rows: shownMovements.map((each) => movementRow(each, currency)),
    instead: 'Nothing was transferred yet.',
  });
}

const movementRow = (
  each: VendorMovement & { readonly isReversal: boolean },
  currency: string,
): Html => {
  const cents = each.isReversal ? -each.amountCents : each.amountCents;
  return html`<tr role="row">
    <th scope="row" role="rowheader">
      ${dayOf(new Date(each.recordedAt))}<small>${each.stripeId}</small>
    </th>
    <td role="cell" data-label="For">
      ${each.invoiceId ?? 'one-off sale'} <small>${each.chargeId}</small>
    </td>
    <td class="number" role="cell" data-label="Amount">${formatCents(cents, currency)}</td>
  </tr>`;
};
