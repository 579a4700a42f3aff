/** The hosted page of a finalized invoice: what it says, its PDF, and the form that pays it. */
import { invoiceAt } from '../hosted-invoice/address';
import { figuresOf, rowsOf } from '../hosted-invoice/figures';
import { isPayable, needsCard, waitingIntent } from '../hosted-invoice/paying';
import type { Invoice } from '../objects';
import type { World } from '../world';
import { cardFields } from './card-fields';
import { challengePage } from './challenge';
import { day, html, money } from './html';
import type { Html } from './html';
import { card, tag } from './layout';
import type { PageContent } from './layout';

const EXPIRED: PageContent = {
  title: 'Link expired',
  place: null,
  body: html`<h1>This link has expired</h1>
    <p class="lead">Ask the business that sent it for a new one.</p>`,
};

export function hostedInvoicePage(world: World, pathname: string): PageContent | null {
  const match = invoiceAt(world, pathname);
  if (!match) return null;
  const { invoice, address, step, isOpen } = match;
  if (!isOpen) return EXPIRED;
  if (step === 'challenge' && waitingIntent(world, invoice))
    return challengePage(`${address}/answer`);
  const who = [invoice.customer_name, invoice.customer_email].filter(Boolean).join(', ');
  return {
    title: `Invoice ${invoice.number ?? ''}`,
    place: null,
    body: html`<div class="spread">
        <h1>Invoice ${invoice.number}</h1>
        ${tag(invoice.status)}
      </div>
      <p class="lead">
        ${who && html`${who} · `}${day(invoice.status_transitions.finalized_at ?? invoice.created)}
        ·
        <a href="${address}/pdf">Download PDF</a>
      </p>
      ${card('What it is for', html`${lines(invoice)} ${sums(world, invoice)}`)}
      ${payment(world, invoice, address)}`,
  };
}

function lines(invoice: Invoice): Html {
  const rows = rowsOf(invoice).map(
    ({ text, period, quantity, cents }) =>
      html`<tr>
        <td>
          ${text}
          <div class="empty">${day(period.start)} – ${day(period.end)}</div>
        </td>
        <td class="number">${quantity === null ? '' : quantity}</td>
        <td class="number">${money(cents, invoice.currency)}</td>
      </tr>`,
  );
  return html`<div class="wide">
    <table class="flush" aria-label="Lines">
      <thead>
        <tr>
          <th scope="col">Description</th>
          <th scope="col" class="number">Quantity</th>
          <th scope="col" class="number">Amount</th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`;
}

function sums(world: World, invoice: Invoice): Html {
  return html`<dl class="sums">
    ${figuresOf(world, invoice).map(({ text, cents, isSum }) => {
      const amount = money(cents, invoice.currency);
      const cells = html`<dt>${text}</dt>
        <dd>${amount}</dd>`;
      return isSum
        ? html`<div class="spread sum">${cells}</div>`
        : html`<div class="spread">${cells}</div>`;
    })}
  </dl>`;
}

function payment(world: World, invoice: Invoice, address: string): Html | null {
  if (!isPayable(invoice)) return null;
  const question = waitingIntent(world, invoice);
  const amount = money(invoice.amount_remaining, invoice.currency);
  const box = html`<label class="tick"
    ><input type="checkbox" name="keep" value="yes" /> Keep this card for later invoices</label
  >`;
  return html`${
    question &&
    card(
      'Your bank asks',
      html`<p>This payment waits for your answer to your bank.</p>
        <p><a href="${address}/challenge">Answer your bank</a></p>`,
    )
  }
  ${card(
    'Pay by card',
    html`<form method="post" action="${address}/pay">
      <div class="fields">
        ${cardFields()} ${!needsCard(world, invoice) && box}
        <div><button class="main">Pay ${amount}</button></div>
      </div>
    </form>`,
  )}`;
}
