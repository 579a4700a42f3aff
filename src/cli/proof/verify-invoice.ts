/** `tollkeeper verify-invoice`: every cent of an invoice, worked out again from usage events. */
import { asOperator, print } from '../operator/operator';
import type { OutputOptions } from '../operator/operator';
import { verificationText } from './verify-invoice-text';
import { checkInvoice } from './invoice-verification';

export async function verifyInvoice(invoiceId: string, options: OutputOptions): Promise<void> {
  await asOperator(async (deps) => {
    const result = await checkInvoice(deps, invoiceId);
    print(result, verificationText, options);
    if (!result.ok) process.exitCode = 1;
  });
}
