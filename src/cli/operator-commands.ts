/** The commands of operators: names, options and help of all that is about customers and money. */
import { Argument, Option } from 'commander';
import type { Command } from 'commander';
import { secondsNumber } from './terminal/arguments';
import type { ChangeArguments } from './operator/customer-change';
import type { PauseArguments, ResumeArguments } from './operator/dunning-pause';
import type { ResolveArguments } from './operator/exceptions';
import type { ResendArguments } from './operator/usage-resend';
import type { VersionsArguments } from './operator/versions';
import type { LedgerCheckArguments } from './proof/ledger-check';
import type { VerifyArguments } from './proof/verify-invoice';
import { EXCEPTION_KINDS } from '../core/state/exceptions';
import { RESOLUTIONS } from '../core/state/remembered';
import type { ExceptionKind } from '../core/state/remembered';
import { JSON_OPTION, YES_OPTION } from './options';
import type { Json } from './options';

const CUSTOMER = ['<customer>', 'our id of the customer'] as const;
const INVOICE = ['<invoice>', "Stripe's id of the invoice"] as const;

/** What `find-lost-events` does, and `reconcile --now`, as it was called before. */
const findLostEvents = async (options: Json): Promise<void> =>
  (await import('./operator/find-lost-events.js')).showLostEvents(options);

export function operatorCommands(program: Command, search = findLostEvents): void {
  customerCommands(program);
  statementCommand(program);
  exceptionsCommands(program);
  dunningCommands(program);
  usageCommands(program);
  checkingCommands(program);
  reconcileCommands(program, search);
  versionsCommand(program);
}

function customerCommands(program: Command): void {
  const customer = program.command('customer').description('a customer, and its subscription');
  customer
    .command('show', { isDefault: true })
    .description('what we, Stripe and the workflow have of a customer')
    .argument(...CUSTOMER)
    .option(...JSON_OPTION)
    .action(async (id: string, options: Json) =>
      (await import('./operator/customer.js')).customer(id, options),
    );
  customerPlanCommand(customer);
  customer
    .command('cancel')
    .description('end the subscription; says what will be invoiced, and asks')
    .argument(...CUSTOMER)
    .addOption(
      new Option('--when <time>', 'when it ends')
        .choices(['now', 'period_end'])
        .default('period_end'),
    )
    .option(...YES_OPTION)
    .option(...JSON_OPTION)
    .action(async (id: string, options: ChangeArguments) =>
      (await import('./operator/customer-change.js')).cancel(id, options),
    );
  customer
    .command('resume')
    .description('take back a cancellation that waits, or a pause of the collection; asks')
    .argument(...CUSTOMER)
    .option(...YES_OPTION)
    .option(...JSON_OPTION)
    .action(async (id: string, options: ChangeArguments) =>
      (await import('./operator/customer-change.js')).resume(id, options),
    );
}

function customerPlanCommand(customer: Command): void {
  customer
    .command('plan')
    .description('change the plan; says what it costs, and asks')
    .argument(...CUSTOMER)
    .argument('<plan>', 'a plan of the catalog')
    .addOption(
      new Option(
        '--when <time>',
        'now if it costs as much or more, else with the next period',
      ).choices(['now', 'period_end']),
    )
    .addOption(
      new Option(
        '--version <version>',
        'current: the prices and allowance of today, also of the plan that the customer is on',
      ).choices(['current']),
    )
    .option(...YES_OPTION)
    .option(...JSON_OPTION)
    .action(async (id: string, plan: string, options: ChangeArguments) =>
      (await import('./operator/customer-change.js')).changePlan(id, plan, options),
    );
}

function statementCommand(program: Command): void {
  program
    .command('statement')
    .description('a period of a customer as the workflow sees it')
    .argument(...CUSTOMER)
    .option('--period <period>', 'current, previous or the start of a period', 'current')
    .option(...JSON_OPTION)
    .action(async (id: string, options: Json & { period: string }) =>
      (await import('./operator/statement.js')).statement(id, options),
    );
}

function exceptionsCommands(program: Command): void {
  const exceptions = program
    .command('exceptions')
    .description('what workflows could not settle by themselves');
  exceptions
    .command('list')
    .description('all that is open, oldest first; exits non-zero if a workflow did not answer')
    .option('--customer <customer>', 'of this customer only')
    .option(...JSON_OPTION)
    .action(async (options: Json & { customer?: string }) =>
      (await import('./operator/exceptions.js')).listExceptions(options),
    );
  exceptions
    .command('resolve')
    .description('decide one; asks before it does, since it moves money')
    .argument(...CUSTOMER)
    .addArgument(new Argument('<kind>', 'as the list names it').choices(EXCEPTION_KINDS))
    .argument('<subject>', 'as the list names it: an invoice, a rate, a report')
    .addOption(
      new Option('--with <resolution>', 'what to do').choices(RESOLUTIONS).makeOptionMandatory(),
    )
    .requiredOption('--reason <text>', 'why, for the audit trail')
    .option(...YES_OPTION)
    .option(...JSON_OPTION)
    .action(
      async (customer: string, kind: ExceptionKind, subject: string, options: ResolveArguments) =>
        (await import('./operator/exceptions.js')).resolve(customer, kind, subject, options),
    );
}

function dunningCommands(program: Command): void {
  const dunning = program
    .command('dunning')
    .description('unpaid invoices and what is done about them');
  dunning
    .command('list')
    .description('every unpaid invoice, longest unpaid first')
    .option(...JSON_OPTION)
    .action(async (options: Json) => (await import('./operator/dunning.js')).listDunning(options));
  dunning
    .command('pause')
    .description('let the schedule wait, the rest of it moves by as long; asks')
    .argument(...INVOICE)
    .option('--until <time>', 'ISO 8601; until it is resumed when left out')
    .requiredOption('--reason <text>', 'why')
    .option(...YES_OPTION)
    .option(...JSON_OPTION)
    .action(async (invoice: string, options: PauseArguments) =>
      (await import('./operator/dunning-pause.js')).pause(invoice, options),
    );
  dunning
    .command('resume')
    .description('go on with the schedule; asks')
    .argument(...INVOICE)
    .requiredOption('--reason <text>', 'why')
    .option(...YES_OPTION)
    .option(...JSON_OPTION)
    .action(async (invoice: string, options: ResumeArguments) =>
      (await import('./operator/dunning-pause.js')).resume(invoice, options),
    );
}

function usageCommands(program: Command): void {
  program
    .command('usage')
    .description('usage events')
    .command('resend')
    .description("send a file of usage events again, such as a spool's rejected.ndjson; asks")
    .argument('<file>', 'a usage event a line, or what a spool set aside; it is only read')
    .addOption(
      new Option('--url <url>', 'where the API is').env('TOLLKEEPER_URL').makeOptionMandatory(),
    )
    .addOption(
      new Option('--key <key>', 'an API key with scope ingest')
        .env('TOLLKEEPER_KEY')
        .makeOptionMandatory(),
    )
    .option(...YES_OPTION)
    .option(...JSON_OPTION)
    .action(async (file: string, options: ResendArguments) =>
      (await import('./operator/usage-resend.js')).resendUsage(file, options),
    );
}

function checkingCommands(program: Command): void {
  program
    .command('doctor')
    .description('what is wrong with this installation and its customers; exits non-zero if any is')
    .option(...JSON_OPTION)
    .action(async (options: Json) => (await import('./doctor/doctor.js')).doctor(options));
  program
    .command('vendor')
    .description('what vendors sold, were paid and are owed; of one, month by month')
    .argument('[vendor]', "the vendor's id in the catalog; all when left out")
    .option(...JSON_OPTION)
    .action(async (id: string | undefined, options: Json) =>
      (await import('./operator/vendor.js')).vendor(id, options),
    );
  program
    .command('verify-invoice')
    .description('explain every cent of an invoice from usage events; exits non-zero if any is not')
    .argument(...INVOICE)
    .option('--archive <folder>', 'where usage events are that left the ledger')
    .option(...JSON_OPTION)
    .action(async (id: string, options: VerifyArguments) =>
      (await import('./proof/verify-invoice.js')).verifyInvoice(id, options),
    );
}

function versionsCommand(program: Command): void {
  program
    .command('versions')
    .description('versions of the worker, and how many long runs are on each')
    .option('--move', 'have all others continue as new on the current one; exits non-zero if not')
    .option('--wait <seconds>', 'how long a move may take', secondsNumber, 60)
    .option(...JSON_OPTION)
    .action(async (options: VersionsArguments) =>
      (await import('./operator/versions.js')).showVersions(options),
    );
}

function reconcileCommands(program: Command, search: typeof findLostEvents): void {
  program
    .command('reconcile')
    .description('compare ledger, workflow and Stripe meters; exits non-zero if any drifts')
    .argument('[customer]', 'our id of the customer; all when left out')
    .option('--wait <seconds>', 'how long usage may take to arrive everywhere', secondsNumber, 10)
    .addOption(new Option('--now', 'find-lost-events').hideHelp())
    .option(...JSON_OPTION)
    .action(async (id: string | undefined, options: LedgerCheckArguments & { now?: boolean }) =>
      options.now
        ? search(options)
        : (await import('./proof/ledger-check.js')).showLedgerCheck(id, options),
    );
  program
    .command('find-lost-events')
    .description('do now what is done daily: find what Stripe’s webhooks left out')
    .option(...JSON_OPTION)
    .action(async (options: Json) => search(options));
}
