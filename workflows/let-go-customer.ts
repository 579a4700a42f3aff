/**
 * The import of this customer is undone: the workflow ends for good. It is refused once anything is
 * at Stripe, or an invoice is on its way that we have to do with.
 */
import { ApplicationFailure, setHandler } from '@temporalio/workflow';
import { whyNotLetGo } from '../src/core/adoption/undo';
import { letGoUpdate } from './contract';
import type { Run } from './run';
import { become } from './run';

export function handleLetGo(run: Run): void {
  setHandler(letGoUpdate, () => become(run, { ...run.state, isLetGo: true }), {
    validator: () => {
      const { customer, billingStatus } = run.state;
      if (billingStatus === 'pending')
        throw ApplicationFailure.nonRetryable(`${customer} is not read yet.`, 'run_begins');
      const reason = whyNotLetGo(run.state);
      if (reason !== null) throw ApplicationFailure.nonRetryable(reason, 'import_stays');
    },
  });
}
