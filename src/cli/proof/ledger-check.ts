/** `tollkeeper reconcile`: ledger · workflow · Stripe meter, each read where it is kept. */
import { asOperator, print } from '../operator/operator';
import type { OutputOptions } from '../operator/operator';
import { ledgerCheckText } from './ledger-check-text';
import { checkLedger } from './check-ledger';

export interface LedgerCheckArguments extends OutputOptions {
  /** Seconds. */
  readonly wait: number;
}

export async function showLedgerCheck(
  id: string | undefined,
  options: LedgerCheckArguments,
): Promise<void> {
  await asOperator(async (deps) => {
    const result = await checkLedger(deps, id, options.wait * 1000);
    print(result, ledgerCheckText, options);
    if (!result.ok) process.exitCode = 1;
  });
}
