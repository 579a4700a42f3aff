/** An invoice as a PDF: the same lines and figures as on its page, on paper of A4's size. */
import { createRequire } from 'node:module';
import type PDFDocument from 'pdfkit';
import { money } from '../page/html';
import type { Invoice } from '../objects';
import type { World } from '../world';
import { figuresOf, rowsOf } from './figures';

type Pdf = InstanceType<typeof PDFDocument>;

const MARGIN = 50;
const INK = '#1c1b19';
const FAINT = '#67635b';
const LINE = '#dedad1';
const COLUMNS = { text: MARGIN, quantity: 350, amount: 430 };
const RIGHT = 545;
const BOTTOM = 760;

export function pdfOf(world: World, invoice: Invoice): Promise<Buffer> {
  // Fonts are big: they are loaded by the first who wants a PDF, and by nobody who starts.
  const Document = createRequire(__filename)('pdfkit') as typeof PDFDocument;
  const info = { Title: `Invoice ${invoice.number ?? invoice.id}`, Author: 'Stripe sandbox' };
  const pdf = new Document({ size: 'A4', margin: MARGIN, info });
  const chunks: Buffer[] = [];
  const whole = new Promise<Buffer>((resolve, reject) => {
    pdf.on('data', (chunk: Buffer) => chunks.push(chunk));
    pdf.on('end', () => resolve(Buffer.concat(chunks)));
    pdf.on('error', reject);
  });
  heading(pdf, invoice);
  lines(pdf, invoice);
  sums(pdf, world, invoice);
  pdf.end();
  return whole;
}

const dayOf = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(0, 10);

function heading(pdf: Pdf, invoice: Invoice): void {
  const { customer_name: name, customer_email: email } = invoice;
  const { finalized_at: finalized } = invoice.status_transitions;
  pdf.font('Helvetica-Bold').fontSize(20).fillColor(INK).text('Invoice');
  pdf.moveDown(0.5).font('Helvetica').fontSize(10);
  const facts = [
    ['Invoice number', invoice.number ?? invoice.id],
    ['Date of issue', dayOf(finalized ?? invoice.created)],
    ['Status', invoice.status],
    ['Bill to', [name, email].filter(Boolean).join(', ') || invoice.customer],
  ];
  for (const [label = '', value] of facts) {
    pdf.fillColor(FAINT).text(`${label}: `, { continued: true }).fillColor(INK).text(String(value));
  }
  pdf.moveDown(1.5);
}

function lines(pdf: Pdf, invoice: Invoice): void {
  const heads = { text: 'Description', quantity: 'Quantity', amount: 'Amount' };
  row(pdf, heads, FAINT);
  for (const { text, period, quantity, cents } of rowsOf(invoice)) {
    const span = `${dayOf(period.start)} – ${dayOf(period.end)}`;
    const amount = money(cents, invoice.currency);
    row(pdf, { text: `${text}\n${span}`, quantity: String(quantity ?? ''), amount }, INK);
  }
}

/** It is as high as its text, and begins a page where there is no room for it. */
function row(pdf: Pdf, cells: { text: string; quantity: string; amount: string }, ink: string) {
  const textWidth = COLUMNS.quantity - COLUMNS.text - 10;
  const height = pdf.heightOfString(cells.text, { width: textWidth });
  if (pdf.y + height > BOTTOM) pdf.addPage();
  const { y } = pdf;
  pdf.fillColor(ink).text(cells.text, COLUMNS.text, y, { width: textWidth });
  pdf.text(cells.quantity, COLUMNS.quantity, y, { width: 70, align: 'right' });
  pdf.text(cells.amount, COLUMNS.amount, y, { width: RIGHT - COLUMNS.amount, align: 'right' });
  const end = y + height + 5;
  pdf.moveTo(MARGIN, end).lineTo(RIGHT, end).strokeColor(LINE).stroke();
  pdf.x = MARGIN;
  pdf.y = end + 6;
}

function sums(pdf: Pdf, world: World, invoice: Invoice): void {
  for (const { text, cents, isSum } of figuresOf(world, invoice)) {
    if (pdf.y > BOTTOM) pdf.addPage();
    const { y } = pdf;
    pdf.font(isSum ? 'Helvetica-Bold' : 'Helvetica').fillColor(INK);
    pdf.text(text, 250, y, { width: COLUMNS.amount - 250 });
    const end = pdf.y;
    const width = RIGHT - COLUMNS.amount;
    pdf.text(money(cents, invoice.currency), COLUMNS.amount, y, { width, align: 'right' });
    pdf.y = Math.max(end, pdf.y) + 5;
  }
}
