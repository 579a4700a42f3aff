/** Carries out what operators decide about exceptions. Every decision is an audit entry. */
import { condition, setHandler } from '@temporalio/workflow';
import { allPeriods, archive, findAnyPeriod, withPeriod } from '../src/core/billing-state';
import type { PeriodState } from '../src/core/billing-state';
import { assertResolvable, withResolution } from '../src/core/exceptions';
import type { BillingException } from '../src/core/exceptions';
import { describeDifferences } from '../src/core/invoice';
import type { Difference } from '../src/core/invoice';
import { acceptsUsage } from '../src/core/rating';
import {
  alignReported,
  billDifferenceLater,
  settlementValueCents,
  uninvoicedValueCents,
} from '../src/core/settlement';
import type { Account } from './account';
import { closeException, openException, project, step, update } from './account';
import { refusing } from './change-subscription';
import { compare } from './compare-invoice';
import { resolveException } from './contract';
import { ledger, stripe } from './proxies';
import { causeOf } from './report-usage';

type Resolved = BillingException & Required<Pick<BillingException, 'resolution'>>;

export function handleResolutions(account: Account): void {
  setHandler(
    resolveException,
    (decision) => {
      account.signals += 1;
      update(account, withResolution(account.state, decision));
    },
    { validator: (decision) => refusing(() => assertResolvable(account.state, decision)) },
  );
}

export async function resolveExceptions(account: Account): Promise<void> {
  const next = () => account.state.exceptions.find((one): one is Resolved => !!one.resolution);
  for (;;) {
    await condition(() => account.isClosing || next() !== undefined);
    if (account.isClosing) return;
    const exception = next();
    if (exception) await step(account, () => resolve(account, exception));
  }
}

async function resolve(account: Account, exception: Resolved): Promise<void> {
  const { kind, subject } = exception;
  const { customer } = account.state;
  const period = periodOf(account, subject);
  if (kind === 'invoice_differs' && period) return resolveDifference(account, exception, period);
  if (kind === 'usage_uninvoiced') return writeOffLastPeriod(account, exception);
  await ledger.recordResolution({ customer, exception, differences: [], valueCents: '0' });
  closeException(account, kind, subject);
  if (kind !== 'finalization_failed') return;
  try {
    await stripe.finalizeInvoice({ customer, invoiceId: subject });
  } catch (error) {
    openException(account, {
      ...{ kind, subject },
      message: `Stripe could not finalize invoice ${subject}: ${causeOf(error)}`,
    });
  }
}

const periodOf = ({ state }: Account, invoiceId: string): PeriodState | undefined =>
  allPeriods(state).find(({ invoice }) => invoice?.id === invoiceId);

/** The subscription has ended and its last period is on no invoice: it is put away as it is. */
async function writeOffLastPeriod(account: Account, exception: Resolved): Promise<void> {
  const { customer, periods } = account.state;
  const last = periods.at(-1);
  const valueCents = last ? uninvoicedValueCents(last) : '0';
  await ledger.recordResolution({ customer, exception, differences: [], valueCents });
  if (last) {
    const settled = { ...last, phase: 'void' as const, settlement: exception.message };
    update(account, archive(withPeriod(account.state, settled), last.start));
  }
  closeException(account, exception.kind, exception.subject);
  await project(account);
}

async function resolveDifference(
  account: Account,
  exception: Resolved,
  { start }: PeriodState,
): Promise<void> {
  const { customer } = account.state;
  const { subject: invoiceId, resolution } = exception;
  const { found, meterTokens, current } = await compare(account, start, invoiceId);
  const period = findAnyPeriod(account.state, start);
  if (!period) return;
  await ledger.recordResolution({
    ...{ customer, exception, differences: found },
    valueCents: settlementValueCents(period, current),
  });
  if (resolution.kind !== 'correct') accept(account, period, found);
  // A draft follows the meter: what it lacks, or has too much of, is the next report.
  else if (acceptsUsage(period)) update(account, alignReported(account.state, start, meterTokens));
  else update(account, billDifferenceLater(account.state, start, current));
  closeException(account, 'invoice_differs', invoiceId);
}

/** These very differences; others are an exception again. The draft is then released. */
function accept(account: Account, period: PeriodState, found: readonly Difference[]): void {
  const settlement = describeDifferences(found);
  update(account, withPeriod(account.state, { ...period, settlement }));
}
