/** A verified invoice as people read it: each line's arithmetic, then what proves the usage. */
import { formatCents } from '../../core/money';
import { describeFault } from '../../core/proof/ledger-check';
import type { ExplainedDiscount } from '../../core/proof/explained-discount';
import type { ExplainedLine } from '../../core/proof/explained-line';
import { plainList, plainTable, span } from '../operator/operator';
import { grouped } from '../../core/grouped';
import type { InvoiceVerification } from './invoice-verification';

const HEAD = ['line', 'quantity', 'per million', 'exact cents', 'rounded', 'Stripe', 'equal'];

export function verificationText(result: InvoiceVerification): string {
  const { explained, currency } = result;
  const money = (cents: number) => formatCents(cents, currency);
  const total = [
    'total',
    '',
    '',
    '',
    money(explained.totalCents),
    money(explained.invoiceTotalCents),
    explained.totalCents === explained.invoiceTotalCents ? 'yes' : 'NO',
  ];
  const rows = [
    ...explained.lines.map((line) => lineRow(line, money)),
    total,
    ...(explained.discounts ?? []).map((one) => discountRow(one, money)),
  ];
  const verdict = result.ok
    ? 'Every cent is explained by the ledger.'
    : 'NOT explained: see what differs above.';
  return [facts(result), plainTable(HEAD, rows, 1), ...faults(result), verdict].join('\n');
}

function lineRow(line: ExplainedLine, money: (cents: number) => string): string[] {
  const { quantity, invoiceQuantity } = line;
  const isSameQuantity = quantity === invoiceQuantity;
  return [
    line.what,
    `${quantity === null ? '?' : grouped(quantity)}` +
      (isSameQuantity ? '' : ` (Stripe: ${grouped(invoiceQuantity)})`),
    line.pricePerMillionTokens ?? '',
    line.exactCents ?? '?',
    line.amountCents === null ? '?' : money(line.amountCents),
    money(line.invoiceAmountCents),
    line.equal ? 'yes' : 'NO',
  ];
}

function discountRow(
  { what, amountCents, invoiceAmountCents, equal }: ExplainedDiscount,
  money: (cents: number) => string,
): string[] {
  const ours = amountCents === null ? '?' : money(-amountCents);
  return [what, '', '', '', ours, money(-invoiceAmountCents), equal ? 'yes' : 'NO'];
}

function facts({ invoice, status, customer, billed, ...result }: InvoiceVerification): string {
  const { auditChain, auditEntries } = result;
  const chain = auditChain.intact
    ? `${grouped(auditEntries)} entries, chain intact`
    : `BROKEN at entry ${auditChain.entryNumber}: ${auditChain.reason}`;
  const heading = [
    ['invoice', `${invoice}, ${status}`],
    ['customer', customer],
  ] as const;
  if (!billed) {
    return plainList([...heading, ['bills', 'no period’s usage'], ['audit trail', chain]]);
  }
  const { includedTokens, proof } = billed;
  const includedText =
    includedTokens === null ? 'unlimited' : `${grouped(includedTokens)} included`;
  return plainList([
    ...heading,
    ['bills', `${billed.planId}, ${span(billed)}`],
    [
      'used',
      `${grouped(billed.usedTokens)} tokens, ${includedText}, ${grouped(billed.overageTokens)} over`,
    ],
    ['without a rate', billed.unpricedTokens > 0 ? grouped(billed.unpricedTokens) : null],
    [
      'late',
      billed.lateTokens > 0 ? `${grouped(billed.lateTokens)} tokens, not on this invoice` : null,
    ],
    ['usage events', `${grouped(billed.events)}, ${grouped(proof.eventTokens)} tokens`],
    ['batches', `${grouped(proof.batchTokens)} tokens, ${grouped(proof.faultCount)} differences`],
    ['Merkle root', billed.merkleRoot],
    ['audit trail', chain],
  ]);
}

function faults({ billed, missingBatch }: InvoiceVerification): string[] {
  const cells = (billed?.proof.faults ?? []).map(describeFault);
  const lostLines =
    missingBatch === null ? [] : [`usage batch ${missingBatch} is not in the ledger`];
  return [...cells, ...lostLines];
}
