/** `tollkeeper exceptions`: what is open, of one customer or of all, and deciding it. */
import { userInfo } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { requireCustomer } from '../../api/customers/customer-period';
import { DomainError } from '../../core/errors';
import { assertResolvable, findException, resolutionsOf } from '../../core/state/exceptions';
import type { Decision } from '../../core/state/exceptions';
import { confirmation, done, NOTHING_DONE, printOutcome } from '../terminal/confirmation';
import type { Confirm, ConfirmOptions, Outcome } from '../terminal/confirmation';
import { customersWithExceptions } from './open-workflows';
import { askWorkflow } from '../../drift/ask-workflow';
import { asOperator, plainList, print } from './operator';
import type { ChangingDeps, OperatorDeps, OutputOptions } from './operator';
import type { BillingException, ExceptionKind, ResolutionKind } from '../../core/state/remembered';
import type { ImportException, ImportExceptionKind } from '../../core/adoption/import-exceptions';
import { openImportExceptions } from '../../db/import-exceptions';

export interface OpenException {
  readonly customer: string;
  readonly kind: ExceptionKind | ImportExceptionKind;
  readonly subject: string;
  /** ISO 8601. */
  readonly since: string;
  readonly message: string;
  /** What may be decided about it. */
  readonly resolutions: readonly ResolutionKind[];
  /** It is what was decided, and is not carried out yet. */
  readonly decided: ResolutionKind | null;
}

export interface OpenExceptions {
  readonly exceptions: readonly OpenException[];
  /** Customers whose workflow did not answer, and why. */
  readonly unheard: readonly { readonly customer: string; readonly reason: string }[];
}

export async function listExceptions(
  options: OutputOptions & { readonly customer?: string },
): Promise<void> {
  await asOperator(async (deps) => {
    const openExceptions = await readExceptions(deps, options.customer);
    print(openExceptions, exceptionsText, options);
    if (openExceptions.unheard.length > 0) process.exitCode = 1;
  });
}

/** The oldest come first. */
export async function readExceptions(
  deps: OperatorDeps,
  onlyCustomer?: string,
): Promise<OpenExceptions> {
  const imported = await openImportExceptions(deps.pool, onlyCustomer);
  const exceptions = [...imported].map(([customer, one]) => ofImport(customer, one));
  const customers = await customersToAsk(deps, onlyCustomer, imported);
  const silentWorkflows: { customer: string; reason: string }[] = [];
  for (const customer of customers) {
    const answer = await askWorkflow(deps, customer);
    if (!answer.answered) silentWorkflows.push({ customer, reason: answer.reason });
    else exceptions.push(...answer.state.exceptions.map((one) => shown(customer, one)));
  }
  exceptions.sort((a, b) => (a.since < b.since ? -1 : 1));
  return { exceptions, unheard: silentWorkflows };
}

/** Who is observed is no customer yet, and has no workflow to be asked. */
async function customersToAsk(
  deps: OperatorDeps,
  onlyCustomer: string | undefined,
  imported: ReadonlyMap<string, ImportException>,
): Promise<readonly string[]> {
  if (onlyCustomer === undefined) return customersWithExceptions(deps);
  if (imported.has(onlyCustomer)) return [];
  return [(await requireCustomer(deps.pool, onlyCustomer)).customer];
}

const ofImport = (customer: string, { since, ...exception }: ImportException): OpenException => ({
  ...{ customer, ...exception, since: new Date(since).toISOString() },
  ...{ resolutions: [], decided: null },
});

function shown(customer: string, exception: BillingException): OpenException {
  const { kind, subject, since, message, resolution } = exception;
  return {
    ...{ customer, kind, subject, message },
    since: new Date(since).toISOString(),
    resolutions: resolutionsOf(kind),
    decided: resolution?.kind ?? null,
  };
}

export function exceptionsText({ exceptions, unheard }: OpenExceptions): string {
  const parts = exceptions.map(exceptionText);
  const silentLines = unheard.map(({ customer, reason }) => `${customer}: ${reason}`);
  if (parts.length + silentLines.length === 0) return 'No exception is open.';
  return [...parts, ...silentLines].join('\n\n');
}

const exceptionText = (exception: OpenException): string =>
  plainList([
    ['customer', exception.customer],
    ['exception', `${exception.kind} ${exception.subject}`],
    ['since', exception.since],
    ['message', exception.message],
    ['decided', exception.decided && `${exception.decided}, not carried out yet`],
    [
      'can be resolved',
      exception.resolutions.length > 0
        ? `--with ${exception.resolutions.join(', ')}`
        : 'by tollkeeper import apply, or import undo',
    ],
  ]);

export interface ResolveArguments extends ConfirmOptions, OutputOptions {
  readonly with: ResolutionKind;
  readonly reason: string;
}

export async function resolve(
  customer: string,
  kind: ExceptionKind,
  subject: string,
  options: ResolveArguments,
): Promise<void> {
  const { with: resolution, reason } = options;
  const author = `command line, ${userInfo().username}`;
  const decision = { exception: kind, subject, kind: resolution, reason, by: author };
  const confirm = confirmation(options);
  await asOperator(async (deps) =>
    printOutcome(await resolveException(deps, customer, decision, confirm), options),
  );
}

/** What each decision will do, as it is asked about. */
const EFFECTS: Readonly<Record<ResolutionKind, string>> = {
  accept_stripe: 'What Stripe has stands, though the ledger says otherwise.',
  correct:
    "Stripe is brought to the ledger's figures: a draft by reports of usage, a finalized invoice " +
    "by a line on the customer's next one.",
  write_off:
    'What the ledger has and Stripe has not is given up, with its value; so is refused usage.',
  retry: 'What was refused is tried again at once.',
};

/** Says what came of it. */
export async function resolveException(
  deps: ChangingDeps,
  customer: string,
  decision: Decision,
  confirm: Confirm,
): Promise<Outcome> {
  const exception = await requireException(deps, customer, decision);
  const question =
    `${exceptionText(shown(customer, exception))}\n\n` +
    `${decision.kind}: ${EFFECTS[decision.kind]} Reason: ${decision.reason}`;
  if (!(await confirm(question))) return NOTHING_DONE;
  await deps.updates.resolveException(customer, decision);
  return done(await outcomeOf(deps, customer, exception, decision));
}

/** Checks, before anybody is asked, that it is open and can be decided so. */
async function requireException(
  deps: OperatorDeps,
  id: string,
  decision: Decision,
): Promise<BillingException> {
  const { customer } = await requireCustomer(deps.pool, id);
  const answer = await askWorkflow(deps, customer);
  if (!answer.answered) throw new DomainError('billing_unavailable', answer.reason);
  assertResolvable(answer.state, decision);
  const { exception: kind, subject } = decision;
  return findException(answer.state, { kind, subject }) as BillingException;
}

const CARRIED_OUT_MS = 10_000;
const LOOK_AGAIN_MS = 200;
/** A `retry` takes the exception away, and then tries: so long it may take to be refused again. */
const TRIED_MS = 2_000;

/** The exception that was decided is gone; a later one of the same is a new failure. */
async function outcomeOf(
  deps: OperatorDeps,
  customer: string,
  { kind, subject, since }: BillingException,
  decision: Decision,
): Promise<string> {
  const decisionText = `${kind} ${subject}: ${decision.kind}`;
  const deadline = Date.now() + CARRIED_OUT_MS;
  const patience = decision.kind === 'retry' ? TRIED_MS : 0;
  let goneSinceMs: number | undefined;
  while (Date.now() < deadline) {
    const answer = await askWorkflow(deps, customer);
    const exception = answer.answered ? findException(answer.state, { kind, subject }) : null;
    if (exception === undefined) goneSinceMs ??= Date.now();
    if (exception === undefined && Date.now() >= Number(goneSinceMs) + patience)
      return `${decisionText} is carried out.`;
    if (exception && exception.since !== since)
      return `${decisionText} is carried out, and it happened again: ${exception.message}`;
    await pause(LOOK_AGAIN_MS);
  }
  if (goneSinceMs !== undefined) return `${decisionText} is carried out.`;
  return (
    `${decisionText} is decided, and not carried out yet. Look again: ` +
    `tollkeeper exceptions list --customer ${customer}`
  );
}
