/** What a change costs: now, at the next invoice, and what both are made of. */
import type { ChangePrice } from '../../standing';
import { useFormats } from '../formats';

export function PriceTable({ price }: { readonly price: ChangePrice }) {
  const formats = useFormats();
  const { currency, nextInvoice, dueNowCents, lines, name } = price;
  const money = (cents: number) => formats.money(cents, currency);
  return (
    <>
      {price.takesBackCancellation && (
        <p>
          <strong>Your cancellation is taken back with it.</strong>
        </p>
      )}
      <p class="note">
        {price.way === 'now'
          ? "Its allowance and prices hold for all of this period's usage, also for what you have used."
          : `It begins on ${formats.moment(price.effectiveFrom)}. Until then you keep what you have.`}
      </p>
      <table class="price">
        <tbody>
          <tr class="sum">
            <th scope="row">To pay now</th>
            <td class="number">{money(dueNowCents)}</td>
          </tr>
          {dueNowCents !== 0 &&
            lines.map(({ description, amountCents }, at) => (
              <Part key={at} text={description} amount={money(amountCents)} />
            ))}
          <tr class="sum">
            <th scope="row">
              Next invoice, so far
              <small>{formats.moment(nextInvoice.at)}</small>
            </th>
            <td class="number">{money(nextInvoice.amountCents)}</td>
          </tr>
          <Part text={`${name}, for the next period`} amount={money(nextInvoice.planPriceCents)} />
          <Part
            text="Usage beyond the allowance, until now"
            amount={money(nextInvoice.usageCents)}
          />
          {nextInvoice.discountCents > 0 && (
            <Part text="Discounts" amount={money(-nextInvoice.discountCents)} />
          )}
        </tbody>
      </table>
    </>
  );
}

const Part = ({ text, amount }: { readonly text: string; readonly amount: string }) => (
  <tr>
    <th scope="row">
      <small>{text}</small>
    </th>
    <td class="number">
      <small>{amount}</small>
    </td>
  </tr>
);
