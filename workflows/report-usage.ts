/** Sends billable tokens to Stripe: rates side by side, each rate one report at a time. */
import type { ReportedUsage } from '../activities/meters';
import {
  acknowledgeReport,
  beginReport,
  hasRefused,
  nextReport,
  ratesToReport,
  refuseReport,
  reportIdentifier,
} from '../src/core/counting/reporting';
import type { ReportOf } from '../src/core/counting/reporting';
import { hintSubscription } from '../src/core/state/hints';
import { meterEventName } from '../src/core/ids';
import { statementOf } from '../src/core/invoices/statement';
import type { Run } from './run';
import { become, recording } from './run';
import { tryOnce, untilWorthTryingAgain } from './attempt';
import { reportUsage } from './proxies';
import { sideBySide } from './side-by-side';
import { grouped } from '../src/core/grouped';
import { findPeriod } from '../src/core/state/periods';

export const reportRates = (run: Run): Promise<void> =>
  sideBySide(
    run,
    () => ratesToReport(run.state),
    (rateId) => reportRate(run, rateId),
  );

async function reportRate(run: Run, rateId: string): Promise<void> {
  const next = nextReport(run.state, rateId, Date.now());
  if (!next) return;
  become(run, beginReport(run.state, next));
  const { tokens } = next.report;
  const errand = {
    ...{ kind: 'report_refused' as const, subject: rateId },
    what: `Stripe did not take ${tokens} tokens of ${rateId}`,
    isOpenStill: () => hasRefused(run.state, rateId),
  };
  // If the run ends before, the next one sends the same report again, under the same identity.
  const isDone = await tryOnce(run, errand, async () => {
    // Stripe may have other tokens under this number, where a run was reset.
    const sent = await recording(run, () => send(run, next));
    const { tokens = next.report.tokens } = sent ?? {};
    const takenReport = { ...next, report: { ...next.report, tokens } };
    become(run, acknowledgeReport(run.state, takenReport));
  });
  if (isDone) return;
  // Other periods of the rate do not wait for it; runs of release 0.1.0 let them wait.
  if (!run.isLegacy)
    // It may be the customer that Stripe has no more.
    become(run, hintSubscription(refuseReport(run.state, next, Date.now())));
  const isOthersTurn = () => {
    const other = nextReport(run.state, rateId, Date.now());
    return !run.isLegacy && other !== undefined && other.report.refusedAt === undefined;
  };
  await untilWorthTryingAgain(run, errand, isOthersTurn);
}

/** Answers nothing where there is nobody to report of; release 0.1.0 was told nothing. */
async function send(run: Run, next: ReportOf): Promise<ReportedUsage | void> {
  const { state } = run;
  const { periodStart, rateId, report } = next;
  const period = findPeriod(state, periodStart);
  if (!period || state.stripeCustomerId === null) return;
  const acknowledgedState = acknowledgeReport(state, next);
  const meteredFrom = period.meteredFrom?.[rateId];
  return reportUsage.executeWithOptions(
    { summary: `${rateId} ${grouped(report.tokens)} tokens, report ${report.number}` },
    [
      {
        customer: state.customer,
        stripeCustomerId: state.stripeCustomerId,
        identifier: reportIdentifier(state, next),
        meterEventName: meterEventName(rateId),
        rateId,
        period: { start: period.start, end: period.end },
        ...(meteredFrom !== undefined && { meteredFrom }),
        tokens: report.tokens,
        timestamp: report.timestamp,
        firstAttemptAt: report.firstAttemptAt,
        acknowledgedTokens: period.rates[rateId]?.reportedTokens ?? 0,
        statement: statementOf(
          acknowledgedState,
          findPeriod(acknowledgedState, periodStart) ?? period,
        ),
      },
    ],
  );
}
