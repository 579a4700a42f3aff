/** The invoices of closed periods, each leading to its period. */
import type { DashboardBilling } from '../view';
import { Card } from './card';
import { useFormats } from './formats';
import { periodHref } from './period-link';
import { TableHead } from './table-head';

export function InvoiceTable({ billing }: { readonly billing: DashboardBilling }) {
  const formats = useFormats();
  const { invoices, currency } = billing;
  if (invoices.length === 0)
    return (
      <Card id="invoices" title="Invoices" isWide>
        <p class="note">The first one comes when this period has ended.</p>
      </Card>
    );
  return (
    <Card id="invoices" title="Invoices" isWide>
      <table>
        <TableHead heads={['Usage of', 'Status', 'Total']} />
        <tbody>
          {invoices.map(({ id, status, totalCents, period }) => (
            <tr key={id}>
              <th scope="row">
                <a href={periodHref(period.start)}>
                  {formats.moment(period.start)} – {formats.moment(period.end)}
                </a>
                <small>{id}</small>
              </th>
              <td>
                <span class={status === 'paid' ? 'badge good' : 'badge'}>{status}</span>
              </td>
              <td class="number">{formats.money(totalCents, currency)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
}
