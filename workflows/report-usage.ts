/** Sends billable tokens to Stripe: rates side by side, each rate one report at a time. */
import { condition, isCancellation } from '@temporalio/workflow';
import {
  acknowledgeReport,
  beginReport,
  nextReport,
  ratesToReport,
  reportIdentifier,
} from '../src/core/reporting';
import type { ReportOf } from '../src/core/reporting';
import { findPeriod } from '../src/core/billing-state';
import { grouped } from '../src/core/details';
import { meterEventName } from '../src/core/ids';
import { statementOf } from '../src/core/statement';
import type { Account } from './account';
import { closeException, isExceptionOpen, openException, step, update } from './account';
import { REFUSED_RETRY, reportUsage } from './proxies';
import { sideBySide } from './side-by-side';

export const reportRates = (account: Account): Promise<void> =>
  sideBySide(
    account,
    () => ratesToReport(account.state),
    (rateId) => reportRate(account, rateId),
  );

async function reportRate(account: Account, rateId: string): Promise<void> {
  const next = nextReport(account.state, rateId, Date.now());
  if (!next) return;
  update(account, beginReport(account.state, next));
  try {
    await step(account, () => send(account, next));
    closeException(account, 'report_refused', rateId);
    update(account, acknowledgeReport(account.state, next));
  } catch (error) {
    // The run ends: the next one sends the same report again, under the same identity.
    if (isCancellation(error)) return;
    openException(account, {
      kind: 'report_refused',
      subject: rateId,
      message: `Stripe did not take ${next.report.tokens} tokens of ${rateId}: ${causeOf(error)}`,
    });
    await condition(
      () => account.isClosing || !isExceptionOpen(account, 'report_refused', rateId),
      REFUSED_RETRY,
      { summary: `${rateId}: until the refused report is tried again` },
    );
  }
}

async function send(account: Account, next: ReportOf): Promise<void> {
  const { state } = account;
  const { periodStart, rateId, report } = next;
  const period = findPeriod(state, periodStart);
  if (!period || state.stripeCustomerId === null) return;
  const after = acknowledgeReport(state, next);
  await reportUsage.executeWithOptions(
    { summary: `${rateId} ${grouped(report.tokens)} tokens, report ${report.number}` },
    [
      {
        customer: state.customer,
        stripeCustomerId: state.stripeCustomerId,
        identifier: reportIdentifier(state, next),
        meterEventName: meterEventName(rateId),
        rateId,
        period: { start: period.start, end: period.end },
        tokens: report.tokens,
        timestamp: report.timestamp,
        firstAttemptAt: report.firstAttemptAt,
        acknowledgedTokens: period.rates[rateId]?.reportedTokens ?? 0,
        statement: statementOf(after, findPeriod(after, periodStart) ?? period),
      },
    ],
  );
}

/** The innermost message: Temporal wraps an activity's failure. */
export function causeOf(error: unknown): string {
  let current = error;
  while (current instanceof Error && current.cause instanceof Error) current = current.cause;
  return current instanceof Error ? current.message : String(current);
}
