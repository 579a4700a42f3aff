/** Late usage that its plan does not bill is recorded with its value, and given up. */
import { uninvoicedCorrections } from '../src/core/invoices/correction';
import { uninvoicedInTime, uninvoicedSubjectOf } from '../src/core/invoices/late-by-us';
import { dueWriteOffs, settleLate } from '../src/core/invoices/late-items';
import { isoSecond } from '../src/core/period';
import type { Run } from './run';
import { isExceptionOpen, openException, become } from './run';
import { attempt } from './attempt';
import type { Errand } from './attempt';
import { ledger } from './proxies';
import { until } from './until';
import type { LateItem } from '../src/core/state/period-state';

/** Usage that comes late comes in drops: they are written off together. */
const COLLECTING = '1 minute';

export async function writeOffLate(run: Run): Promise<void> {
  const isDue = () => dueWriteOffs(run.state).length > 0;
  for (;;) {
    await until(run, () => isDue() || isUntold(run));
    if (run.isClosing) return;
    tellUninvoiced(run);
    tellCorrections(run);
    if (!isDue()) continue;
    await until(run, () => false, COLLECTING, { summary: 'collecting late usage' });
    if (run.isClosing) return;
    for (const item of dueWriteOffs(run.state)) {
      if (run.isClosing) return;
      await attempt(run, errandOf(item), () => writeOff(run, item), isOver(run, item));
    }
  }
}

const isOver = (run: Run, item: LateItem) => (): boolean =>
  !dueWriteOffs(run.state).some(({ key }) => key === item.key);

async function writeOff(run: Run, item: LateItem): Promise<void> {
  const { customer } = run.state;
  await ledger.writeOffLate.executeWithOptions({ summary: item.key }, [{ customer, item }]);
  become(run, settleLate(run.state, item));
}

const errandOf = ({ key, tokens }: LateItem): Errand => ({
  subject: key,
  what: `${tokens} tokens of late usage could not be written off`,
});

const subjectOf = ({ state }: Run, start: number): string => uninvoicedSubjectOf(state, start);

const untold = (run: Run) =>
  uninvoicedInTime(run.state).filter(
    ({ start }) => !isExceptionOpen(run, 'usage_uninvoiced', subjectOf(run, start)),
  );

const untoldCorrections = (run: Run) =>
  uninvoicedCorrections(run.state).filter(
    ({ start }) => !isExceptionOpen(run, 'correction_uninvoiced', subjectOf(run, start)),
  );

const isUntold = (run: Run): boolean => untold(run).length > 0 || untoldCorrections(run).length > 0;

/** Money was decided, and there is no draft to put it on. */
function tellCorrections(run: Run): void {
  for (const { start, cents } of untoldCorrections(run))
    openException(run, {
      ...{ kind: 'correction_uninvoiced', subject: subjectOf(run, start) },
      message:
        `The subscription has ended, and the correction of the period from ${isoSecond(start)} is ` +
        `on no invoice: ${Math.abs(cents)} cents are to be ` +
        `${cents < 0 ? 'credited' : 'charged'} by hand, before tax.`,
    });
}

/** It came in time and was counted too late, by us: nobody may give that up but a person. */
function tellUninvoiced(run: Run): void {
  for (const { start, tokens } of untold(run))
    openException(run, {
      ...{ kind: 'usage_uninvoiced', subject: subjectOf(run, start) },
      message:
        `${tokens} billable tokens of the period from ${isoSecond(start)} were recorded before ` +
        'its invoice was finalized and counted after it. The subscription has ended: they are on ' +
        'no invoice.',
    });
}
