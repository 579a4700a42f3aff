/**
 * How a long run comes onto the worker version of now
 * (docs/explain/decisions/0057-long-runs-move-as-they-continue.md). It stays on its own until it
 * continues as new; a signal brings that about, and a newer server tells of it by itself.
 */
import {
  continueAsNew,
  makeContinueAsNewFunc,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { Workflow } from '@temporalio/workflow';
import { maybeGetActivator } from '@temporalio/workflow/lib/global-attributes';
import { moveToCurrentVersionSignal } from './contract';

/** Registers the signal. The answer tells whether the run is to continue as new because of it. */
export function handleMove(wake: () => void = () => undefined): () => boolean {
  let isSignalled = false;
  setHandler(moveToCurrentVersionSignal, () => {
    isSignalled = true;
    wake();
  });
  return () => isSignalled || isOutdated();
}

/** Servers of before 1.30 never say so. */
const isOutdated = (): boolean => workflowInfo().targetWorkerDeploymentVersionChanged;

/** The next run begins on the version that is current, whichever this one was on. */
export async function continueOnCurrentVersion<Continued extends Workflow>(
  ...args: Parameters<Continued>
): Promise<never> {
  const { deploymentName } = workflowInfo().currentDeploymentVersion ?? {};
  // An unversioned worker must not speak of versions: its task would be refused.
  if (!deploymentName) return continueAsNew<Continued>(...args);
  leaveVersion();
  return makeContinueAsNewFunc<Continued>({ initialVersioningBehavior: 'AUTO_UPGRADE' })(...args);
}

/**
 * A pinned run's next one inherits its version, so the task that ends it says that it is not
 * pinned. The SDK has no name for that; what is said to the server is Temporal's own.
 */
function leaveVersion(): void {
  const activator = maybeGetActivator();
  if (activator) activator.versioningBehavior = 'AUTO_UPGRADE';
}
