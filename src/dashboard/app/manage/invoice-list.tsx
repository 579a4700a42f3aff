/** All invoices, each with its page and its document. */
import { useCallback } from 'preact/hooks';
import type { InvoiceDocument, InvoiceDocuments } from '../../standing';
import type { DashboardBilling } from '../../view';
import { Card } from '../card';
import { useFormats } from '../formats';
import { periodHref } from '../period-link';
import { TableHead } from '../table-head';
import type { Desk } from './desk';
import { Button, RefusalText } from './parts';
import { useLatest } from './use-latest';
import { useOrder } from './use-order';

interface InvoiceListProps {
  readonly desk: Desk;
  readonly billing: DashboardBilling | null;
}

export function InvoiceList({ desk, billing }: InvoiceListProps) {
  const readFirst = useCallback(() => desk.invoices(null), [desk]);
  const news = JSON.stringify([billing?.invoices, billing?.access, billing?.planName]);
  const { value: shown, refusal, setValue } = useLatest<InvoiceDocuments>(readFirst, news);
  const order = useOrder();
  const more = () =>
    void order.run(async () => {
      const page = await desk.invoices(shown?.after ?? null);
      setValue({ ...page, invoices: [...(shown?.invoices ?? []), ...page.invoices] });
    });
  return (
    <Card id="invoices" title="Invoices" isWide>
      <RefusalText refusal={order.refusal ?? refusal} />
      {shown?.invoices.length === 0 && <p class="note">There is none yet.</p>}
      {shown && shown.invoices.length > 0 && (
        <table class="stacked" role="table">
          <TableHead heads={['Invoice', 'Status', 'Documents', 'Total']} />
          <tbody role="rowgroup">
            {shown.invoices.map((invoice) => (
              <Row key={invoice.id} invoice={invoice} billing={billing} />
            ))}
          </tbody>
        </table>
      )}
      {shown && shown.after !== null && (
        <div class="buttons">
          <Button isBusy={order.isBusy} onPress={more}>
            Earlier invoices
          </Button>
        </div>
      )}
    </Card>
  );
}

const STATUS: Readonly<Record<InvoiceDocument['status'], { text: string; tone: string }>> = {
  paid: { text: 'paid', tone: 'good' },
  open: { text: 'to be paid', tone: 'warning' },
  uncollectible: { text: 'not paid', tone: 'bad' },
  void: { text: 'void', tone: '' },
};

interface RowProps {
  readonly invoice: InvoiceDocument;
  readonly billing: DashboardBilling | null;
}

function Row({ invoice, billing }: RowProps) {
  const formats = useFormats();
  const { text, tone } = STATUS[invoice.status];
  const name = invoice.number ?? invoice.id;
  const period = billing?.invoices.find(({ id }) => id === invoice.id)?.period;
  return (
    <tr role="row">
      <th scope="row" role="rowheader">
        {formats.moment(invoice.createdAt)}
        <small>
          {invoice.reason}, {name}
          {period && (
            <>
              {' · '}
              <a href={periodHref(period.start)}>its usage</a>
            </>
          )}
        </small>
      </th>
      <td role="cell" data-label="Status">
        <span class={`badge ${tone}`}>{text}</span>
      </td>
      <td role="cell" data-label="Documents">
        <Documents invoice={invoice} name={name} />
      </td>
      <td role="cell" class="number" data-label="Total">
        {formats.money(invoice.totalCents, invoice.currency)}
        {invoice.dueCents > 0 && invoice.dueCents !== invoice.totalCents && (
          <small>{formats.money(invoice.dueCents, invoice.currency)} to pay</small>
        )}
      </td>
    </tr>
  );
}

function Documents({
  invoice,
  name,
}: {
  readonly invoice: InvoiceDocument;
  readonly name: string;
}) {
  const { hostedUrl, pdfUrl, dueCents } = invoice;
  const link = (url: string, text: string, label: string) => (
    <a href={url} target="_blank" rel="noopener noreferrer" aria-label={label}>
      {text}
    </a>
  );
  const action = dueCents > 0 ? 'Pay' : 'Open';
  return (
    <span>
      {hostedUrl !== null && link(hostedUrl, action, `${action} invoice ${name}`)}
      {hostedUrl !== null && pdfUrl !== null && ' · '}
      {pdfUrl !== null && link(pdfUrl, 'PDF', `Invoice ${name} as PDF`)}
      {hostedUrl === null && pdfUrl === null && 'none'}
    </span>
  );
}
