/** What the period costs so far: the sum, and every line that it is made of. */
import type { DashboardBilling } from '../view';
import { Card } from './card';
import { useFormats } from './formats';
import { TableHead } from './table-head';

interface CostProps {
  readonly billing: DashboardBilling;
}

export function AmountCard({ billing: { cost, currency, isEnded } }: CostProps) {
  const formats = useFormats();
  return (
    <Card id="due" title={isEnded ? 'Amount' : 'Amount due'}>
      <p class="figure">
        <strong id="amount-due">{formats.money(cost.amountDueCents, currency)}</strong>
      </p>
      <p class="note">
        The plan's price and usage beyond it {isEnded ? 'in this period' : 'in this period so far'},
        {cost.discounts.length > 0 && ' less discounts,'} before tax.{' '}
        <a href="#cost">See each line.</a>
      </p>
    </Card>
  );
}

export function CostTable({ billing: { cost, currency, planName } }: CostProps) {
  const formats = useFormats();
  const lines = cost.lines.filter(({ tokens }) => tokens > 0);
  return (
    <Card id="cost" title="What the amount is made of" isWide>
      <table class="stacked" role="table">
        <TableHead heads={['For', 'Tokens', 'Per million', 'Amount']} numbers={3} />
        <tbody role="rowgroup">
          <tr role="row">
            <th scope="row" role="rowheader">
              {planName}, each period
            </th>
            <td role="cell" />
            <td role="cell" />
            <td role="cell" class="number" data-label="Amount">
              {formats.money(cost.planPriceCents, currency)}
            </td>
          </tr>
          {lines.map((line) => (
            <tr role="row" key={line.rateId}>
              <th scope="row" role="rowheader">
                {line.vendor === undefined ? 'Beyond the allowance' : `Sold by ${line.vendor}`}
                <small>{line.rateId}</small>
              </th>
              <td role="cell" class="number" data-label="Tokens">
                {formats.tokens(line.tokens)}
              </td>
              <td role="cell" class="number" data-label="Per million">
                {formats.price(line.pricePerMillionTokens, currency)}
              </td>
              <td role="cell" class="number" data-label="Amount">
                {formats.money(line.amountCents, currency)}
              </td>
            </tr>
          ))}
          <Discounts cost={cost} currency={currency} />
          <tr role="row" class="sum">
            <th scope="row" role="rowheader">
              Sum
            </th>
            <td role="cell" />
            <td role="cell" />
            <td role="cell" class="number" data-label="Amount">
              {formats.money(cost.amountDueCents, currency)}
            </td>
          </tr>
        </tbody>
      </table>
    </Card>
  );
}

function Discounts({ cost, currency }: Pick<DashboardBilling, 'cost' | 'currency'>) {
  const formats = useFormats();
  return (
    <>
      {cost.discounts.map(({ coupon, couponName, amountCents }) => (
        <tr role="row" key={coupon}>
          <th scope="row" role="rowheader">
            Discount
            <small>{couponName ?? coupon}</small>
          </th>
          <td role="cell" />
          <td role="cell" />
          <td role="cell" class="number" data-label="Amount">
            {formats.money(-amountCents, currency)}
          </td>
        </tr>
      ))}
    </>
  );
}
