/**
 * Shares once more, with fractions of whole numbers and nothing of src/core: each owner's part is
 * cut down to whole cents, and the cents that are left are dealt out one by one.
 */
export interface PencilLine {
  readonly vendor: string | null;
  readonly amountCents: number;
}

/** Half up, of nominator ÷ denominator. */
const rounded = (nominator: bigint, denominator: bigint): number =>
  Number((2n * nominator + denominator) / (2n * denominator));

/** Cents by owner; the platform is `''`, what no line has is `unallocated`. */
export function pencilSplit(paidCents: number, lines: readonly PencilLine[]): Map<string, number> {
  const sums = new Map<string, bigint>();
  for (const { vendor, amountCents } of lines) {
    const owner = vendor ?? '';
    sums.set(owner, (sums.get(owner) ?? 0n) + BigInt(amountCents));
  }
  // The platform bears what is credited to a vendor.
  for (const [owner, sum] of [...sums])
    if (owner !== '' && sum < 0n) sums.set('', (sums.get('') ?? 0n) + sum).set(owner, 0n);
  if ((sums.get('') ?? 0n) < 0n) sums.set('', 0n);
  let total = 0n;
  for (const sum of sums.values()) total = total + sum;
  const paid = BigInt(paidCents);
  const toSplit = paid < total ? paid : total;
  const parts = new Map<string, number>();
  const remainders: { owner: string; remainder: bigint }[] = [];
  let left = toSplit;
  for (const [owner, sum] of sums) {
    const whole = total === 0n ? 0n : (toSplit * sum) / total;
    parts.set(owner, Number(whole));
    left = left - whole;
    remainders.push({ owner, remainder: toSplit * sum - whole * total });
  }
  while (left > 0n) {
    // The largest; of equal ones the first in the alphabet, the platform after all vendors.
    remainders.sort((a, b) => {
      if (a.remainder !== b.remainder) return a.remainder > b.remainder ? -1 : 1;
      if (a.owner === '') return 1;
      if (b.owner === '') return -1;
      return a.owner < b.owner ? -1 : 1;
    });
    const first = remainders.shift();
    if (!first) throw new Error('more cents are left than there are owners');
    parts.set(first.owner, (parts.get(first.owner) ?? 0) + 1);
    left = left - 1n;
  }
  parts.set('unallocated', Number(paid - toSplit));
  return parts;
}

/** `percentHundredths`: 1,250 is 12.5 %. */
export const pencilFee = (grossCents: number, percentHundredths: number): number =>
  rounded(BigInt(grossCents) * BigInt(percentHundredths), 10_000n);

/** What the vendor should have of its share. */
export function pencilKept(
  share: { readonly grossCents: number; readonly shareCents: number },
  charge: { readonly amountCents: number; readonly backCents: number },
  feeOnRefund: 'returned' | 'kept',
): number {
  const amount = BigInt(charge.amountCents);
  const back = BigInt(Math.min(charge.backCents, charge.amountCents));
  const borne = feeOnRefund === 'kept' ? share.grossCents : share.shareCents;
  return Math.max(0, share.shareCents - rounded(BigInt(borne) * back, amount));
}
