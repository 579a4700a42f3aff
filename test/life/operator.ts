/** An operator who is told of exceptions and decides them. */
import { resolutionsOf } from '../../src/core/state/exceptions';
import type { Life } from './life';

/** What was refused is tried again, at once. */
export async function retryAll(life: Life): Promise<void> {
  for (const { kind: exception, subject } of life.state().exceptions) {
    // What has been decided already is not decided anew.
    const isOpen = life
      .state()
      .exceptions.some(
        (one) => one.kind === exception && one.subject === subject && one.resolution === undefined,
      );
    if (!isOpen || !resolutionsOf(exception).includes('retry')) continue;
    const decision = { exception, subject, kind: 'retry', reason: 'by chance', by: 'grace' };
    await life.ask('resolveException', decision);
  }
  await life.catchUp();
}

/** Whatever is told and can be tried again is, at once and by itself. */
export function retryAtOnce(life: Life): void {
  let requests = 0;
  const retry = (exception: string, subject: string): void => {
    const { workflowId, temporal } = life;
    if (subject.startsWith('dunning:')) return temporal.signal(subject, 'invoiceChanged');
    const open = life.state().exceptions.find((one) => one.subject === subject);
    if (open?.kind !== exception || !resolutionsOf(open.kind).includes('retry')) return;
    requests += 1;
    const decision = { exception, subject, kind: 'retry', reason: 'at once', by: 'grace' };
    void temporal.update(workflowId, 'resolveException', `at-once-${requests}`, decision);
  };
  life.temporal.whenTold = ({ kind = '', subject = '' }) =>
    // By then the workflow has it in its state.
    setImmediate(() => retry(kind, subject));
}

/** Whether it was done; a refusal is an answer, too. */
export async function succeeds(work: Promise<unknown>): Promise<boolean> {
  return work.then(
    () => true,
    () => false,
  );
}
