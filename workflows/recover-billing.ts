/**
 * A run that was begun again catches up with what its predecessor did. By then the ledger is read
 * (workflows/count-usage.ts); what Stripe's meters and invoices have is taken over here.
 */
import {
  alignRecovered,
  endRecovery,
  isLedgerRead,
  noteCounted,
  settleRecorded,
} from '../src/core/state/recovery';
import { meteredRates } from '../src/core/counting/reporting';
import type { Run } from './run';
import { project, become } from './run';
import { attempt } from './attempt';
import { followInvoice } from './follow-invoice';
import { closes } from './proxies';
import { until } from './until';
import { acceptsUsage } from '../src/core/state/periods';

/** An attempt that the lost run had begun has ended by then, and Stripe's sums have its report. */
const SETTLING = '75 seconds';
const RECOVERY = {
  subject: 'recovery',
  what: 'Catching up with what is at Stripe was refused',
};

export async function recoverBilling(run: Run): Promise<void> {
  for (;;) {
    await until(run, () => isLedgerRead(run.state));
    if (run.isClosing) return;
    await attempt(run, RECOVERY, () => catchUp(run));
  }
}

async function catchUp(run: Run): Promise<void> {
  if (!run.state.recovering?.isCounted) {
    await until(run, () => false, SETTLING, { summary: 'until Stripe has all of it' });
    if (run.isClosing) return;
    become(run, settleRecorded(run.state));
    for (const { start } of run.state.periods.filter(acceptsUsage))
      await takeOverReports(run, start);
    become(run, noteCounted(run.state));
  }
  for (const invoiceId of run.state.recovering?.invoices ?? []) {
    await followInvoice(run, invoiceId);
    if (run.isClosing) return;
  }
  become(run, endRecovery(run.state));
  await project(run);
}

async function takeOverReports(run: Run, start: number): Promise<void> {
  const { customer, stripeCustomerId, isCustomerGone } = run.state;
  const period = run.state.periods.find((one) => one.start === start);
  if (!period || stripeCustomerId === null || isCustomerGone) return;
  const meterTokens = await closes.sumMeters({
    ...{ customer, stripeCustomerId, start, end: period.end },
    rates: meteredRates(period),
  });
  become(run, alignRecovered(run.state, start, meterTokens, Date.now()));
}
