/** `tollkeeper verify-invoice`: every cent of an invoice, worked out again from usage events. */
import { asOperator, print } from '../operator/operator';
import type { OutputOptions } from '../operator/operator';
import { archiveReader } from '../ledger/read-archive';
import { verificationText } from './verify-invoice-text';
import { checkInvoice } from './invoice-verification';

export interface VerifyArguments extends OutputOptions {
  /** A folder with archives of the ledger. */
  readonly archive?: string;
}

export async function verifyInvoice(invoiceId: string, options: VerifyArguments): Promise<void> {
  const { archive } = options;
  await asOperator(async (deps) => {
    const result = await checkInvoice(
      deps,
      invoiceId,
      archive === undefined ? undefined : archiveReader(archive),
    );
    print(result, verificationText, options);
    if (!result.ok) process.exitCode = 1;
  });
}
