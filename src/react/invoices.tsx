/** Every invoice with its page, on which it can be paid, and its document. */
'use client';

import { useInvoices, useOrder } from './hooks';
import { Button, Money, RefusalText, Section, Stale, Wait } from './parts';
import type { SectionProps } from './parts';
import { useFormats } from './provider';
import type { InvoiceDocument } from './data/standing';

export type InvoicesProps = SectionProps;

export function Invoices({ className }: InvoicesProps) {
  const { data, error, isLoading, refresh, more } = useInvoices();
  const order = useOrder();
  return (
    <Section title="Invoices" className={className} isBusy={isLoading}>
      {data ? <Stale error={error} refresh={refresh} /> : <Wait error={error} refresh={refresh} />}
      {data?.invoices.length === 0 && <p className="tollkeeper-note">There is none yet.</p>}
      {data && data.invoices.length > 0 && <List invoices={data.invoices} />}
      <RefusalText refusal={order.refusal} />
      {more && (
        <div className="tollkeeper-buttons">
          <Button isBusy={order.isBusy} onPress={() => void order.run(more)}>
            Earlier invoices
          </Button>
        </div>
      )}
    </Section>
  );
}

const HEADS = ['Invoice', 'Status', 'Documents'];

/** Stacked on a phone, where tables lose their roles unless those are named. */
const List = ({ invoices }: { readonly invoices: readonly InvoiceDocument[] }) => (
  <table className="tollkeeper-stacked" role="table">
    <thead role="rowgroup">
      <tr role="row">
        {HEADS.map((head) => (
          <th key={head} scope="col" role="columnheader">
            {head}
          </th>
        ))}
        <th scope="col" role="columnheader" className="tollkeeper-number">
          Total
        </th>
      </tr>
    </thead>
    <tbody role="rowgroup">
      {invoices.map((invoice) => (
        <Row key={invoice.id} invoice={invoice} />
      ))}
    </tbody>
  </table>
);

const STATUS: Readonly<Record<InvoiceDocument['status'], string>> = {
  ...{ paid: 'paid', open: 'to be paid', uncollectible: 'not paid', void: 'void' },
};

function Row({ invoice }: { readonly invoice: InvoiceDocument }) {
  const formats = useFormats();
  const { id, number, createdAt, reason, status, totalCents, dueCents, currency } = invoice;
  return (
    <tr role="row">
      <th scope="row" role="rowheader">
        {formats.moment(createdAt)}
        <small>
          {reason}, {number ?? id}
        </small>
      </th>
      <td role="cell">
        <span className={`tollkeeper-badge tollkeeper-${status}`}>{STATUS[status]}</span>
      </td>
      <td role="cell">
        <Documents invoice={invoice} />
      </td>
      <td role="cell" className="tollkeeper-number">
        <Money cents={totalCents} currency={currency} />
        {dueCents > 0 && dueCents !== totalCents && (
          <small>
            <Money cents={dueCents} currency={currency} /> to pay
          </small>
        )}
      </td>
    </tr>
  );
}

function Documents({ invoice }: { readonly invoice: InvoiceDocument }) {
  const { hostedUrl, pdfUrl, dueCents } = invoice;
  const name = invoice.number ?? invoice.id;
  const action = dueCents > 0 ? 'Pay' : 'Open';
  const links = [
    { url: hostedUrl, text: action, label: `${action} invoice ${name}` },
    { url: pdfUrl, text: 'PDF', label: `PDF of invoice ${name}` },
  ];
  return (
    <span className="tollkeeper-links">
      {links.map(({ url, text, label }) =>
        url === null ? null : (
          <a key={text} href={url} target="_blank" rel="noopener noreferrer" aria-label={label}>
            {text}
          </a>
        ),
      )}
    </span>
  );
}
