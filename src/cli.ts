/** The command `tollkeeper`: names, options and help. What a command does is in src/cli/. */
import { Argument, Command, Option } from 'commander';
import { portNumber, secondsNumber } from './command-arguments';
import type { PauseArguments } from './cli/dunning';
import type { ResolveArguments } from './cli/exceptions';
import type { StripeSandboxArguments } from './cli/stripe-sandbox';
import type { ReconcileArguments } from './cli/reconcile-now';
import { ConfigError } from './config';
import { DomainError } from './core/errors';
import { EXCEPTION_KINDS, RESOLUTIONS } from './core/exceptions';
import type { ExceptionKind } from './core/exceptions';

const program = new Command('tollkeeper')
  .description('Usage billing for AI products')
  .showHelpAfterError();

program
  .command('api')
  .description('serve the HTTP API')
  .action(async () => (await import('./cli/api.js')).api());

program
  .command('worker')
  .description('run workflows, activities and the pipeline behind the ledger')
  .action(async () => (await import('./cli/worker.js')).worker());

program
  .command('migrate')
  .description('bring the database to the newest schema')
  .action(async () => (await import('./cli/migrate.js')).migrateDatabase());

const catalog = program.command('catalog').description('the plans, rates and vendors');
catalog
  .command('check')
  .description('validate the catalog file and every margin')
  .argument('[file]', 'path of the catalog', 'catalog.yaml')
  .action(async (file: string) => (await import('./cli/catalog.js')).checkCatalog(file));
catalog
  .command('push')
  .description("create or update Stripe's products, meters and prices")
  .action(async () => (await import('./cli/catalog.js')).push());

program
  .command('keys')
  .description('API keys')
  .command('create')
  .description('create a key and print it; it is shown only this once')
  .requiredOption('--name <name>', 'what the key is for')
  .requiredOption('--scopes <scopes>', 'comma-separated: ingest, read, admin')
  .action(async (options: { name: string; scopes: string }) =>
    (await import('./cli/keys.js')).createKey(options),
  );

program
  .command('customer')
  .description('what we, Stripe and the workflow have of a customer')
  .argument('<customer>', 'our id of the customer')
  .option('--json', 'print one JSON object')
  .action(async (id: string, options: { json?: boolean }) =>
    (await import('./cli/customer.js')).customer(id, options),
  );

program
  .command('statement')
  .description('a period of a customer as the workflow sees it')
  .argument('<customer>', 'our id of the customer')
  .option('--period <period>', 'current, previous or the start of a period', 'current')
  .option('--json', 'print one JSON object')
  .action(async (id: string, options: { period: string; json?: boolean }) =>
    (await import('./cli/statement.js')).statement(id, options),
  );

const exceptions = program
  .command('exceptions')
  .description('what workflows could not settle by themselves');
exceptions
  .command('list')
  .description('all that is open, oldest first')
  .option('--customer <customer>', 'of this customer only')
  .option('--json', 'print one JSON object')
  .action(async (options: { customer?: string; json?: boolean }) =>
    (await import('./cli/exceptions.js')).listExceptions(options),
  );
exceptions
  .command('resolve')
  .description('decide one; asks before it does, since it moves money')
  .argument('<customer>', 'our id of the customer')
  .addArgument(new Argument('<kind>', 'as the list names it').choices(EXCEPTION_KINDS))
  .argument('<subject>', 'as the list names it: an invoice, a rate, a report')
  .addOption(
    new Option('--with <resolution>', 'what to do').choices(RESOLUTIONS).makeOptionMandatory(),
  )
  .requiredOption('--reason <text>', 'why, for the audit trail')
  .option('--yes', 'do it without asking')
  .action(
    async (customer: string, kind: ExceptionKind, subject: string, options: ResolveArguments) =>
      (await import('./cli/exceptions.js')).resolve(customer, kind, subject, options),
  );

const dunning = program
  .command('dunning')
  .description('unpaid invoices and what is done about them');
dunning
  .command('list')
  .description('every unpaid invoice, longest unpaid first')
  .option('--json', 'print one JSON object')
  .action(async (options: { json?: boolean }) =>
    (await import('./cli/dunning.js')).listDunning(options),
  );
dunning
  .command('pause')
  .description('let the schedule wait; the rest of it moves by as long')
  .argument('<invoice>', "Stripe's id of the invoice")
  .option('--until <time>', 'ISO 8601; until it is resumed when left out')
  .requiredOption('--reason <text>', 'why')
  .action(async (invoice: string, options: PauseArguments) =>
    (await import('./cli/dunning.js')).pause(invoice, options),
  );
dunning
  .command('resume')
  .description('go on with the schedule')
  .argument('<invoice>', "Stripe's id of the invoice")
  .requiredOption('--reason <text>', 'why')
  .action(async (invoice: string, options: { reason: string }) =>
    (await import('./cli/dunning.js')).resume(invoice, options),
  );

program
  .command('vendor')
  .description('what vendors sold, were paid and are owed; of one, month by month')
  .argument('[vendor]', "the vendor's id in the catalog; all when left out")
  .option('--json', 'print one JSON object')
  .action(async (id: string | undefined, options: { json?: boolean }) =>
    (await import('./cli/vendor.js')).vendor(id, options),
  );

program
  .command('reconcile')
  .description('compare ledger, workflow and Stripe meters; exits non-zero if any drifts')
  .argument('[customer]', 'our id of the customer; all when left out')
  .option('--wait <seconds>', 'how long usage on its way may take to arrive everywhere', '10')
  .option('--now', 'instead, do now what is done daily: find what Stripe’s webhooks left out')
  .option('--json', 'print one JSON object')
  .action(async (id: string | undefined, options: ReconcileArguments) =>
    options.now
      ? (await import('./cli/reconcile-now.js')).reconcileNow(options)
      : (await import('./cli/reconcile.js')).reconcile(id, options),
  );

program
  .command('verify-invoice')
  .description('explain every cent of an invoice from usage events; exits non-zero if any is not')
  .argument('<invoice>', "Stripe's id of the invoice")
  .option('--json', 'print one JSON object')
  .action(async (id: string, options: { json?: boolean }) =>
    (await import('./cli/verify-invoice.js')).verifyInvoice(id, options),
  );

program
  .command('openapi')
  .description("the HTTP API's description, as one OpenAPI document")
  .option('--markdown', 'as docs/api/reference.md, for people')
  .action(async (options: { markdown?: boolean }) =>
    (await import('./cli/openapi.js')).openapi(options),
  );

program
  .command('stripe-sandbox')
  .description('serve the stand-in for Stripe alone')
  .option('--port <port>', 'port to listen on; 0 for any free one', portNumber, 12_111)
  .option('--host <host>', 'address to listen on', '127.0.0.1')
  .option('--data <file>', 'keep the state in this file')
  .option('--summary-lag <seconds>', 'how late usage shows in meter summaries', secondsNumber)
  .option('--draft-pause <seconds>', 'how long test clocks pause at a draft', secondsNumber)
  .action(async (options: StripeSandboxArguments) =>
    (await import('./cli/stripe-sandbox.js')).stripeSandbox(options),
  );

program
  .command('config')
  .description('show what the environment configures')
  .option('--validate', 'only check the environment')
  .action(async (options: { validate?: boolean }) =>
    (await import('./cli/config.js')).showConfig(options),
  );

program
  .command('dev')
  .description('run the whole stack on this machine')
  .option('--reset', 'forget all data of earlier starts')
  .option('--dir <folder>', 'where data and logs are', '.dev')
  .action(async (options: { reset?: boolean; dir: string }) =>
    (await import('./cli/dev.js')).dev(options),
  );

program
  .command('start')
  .description('run the whole stack, play two months of billing on it and show what came out')
  .option('--once', 'stop once played; exits non-zero if anything drifts')
  .option('--json', 'print the result as one JSON object, as the last line')
  .option('--reset', 'forget all data of earlier starts')
  .option('--dir <folder>', 'where data and logs are', '.dev')
  .action(async (options: { once?: boolean; json?: boolean; reset?: boolean; dir: string }) =>
    (await import('./cli/start.js')).start(options),
  );

program
  .command('bench')
  .description('measure this machine: Tollkeeper beside what it is built on, as ratios')
  .option('--json <file>', 'write every figure to this file')
  .addOption(new Option('--process <name>', 'be a process of the benchmark').hideHelp())
  .action(async (options: { json?: string; process?: string }) =>
    (await import('./cli/bench.js')).bench(options),
  );

async function run(): Promise<void> {
  try {
    await program.parseAsync();
  } catch (error) {
    // What the user can mend needs no stack trace; what is our fault does.
    const isExplained = error instanceof ConfigError || error instanceof DomainError;
    const text = error instanceof Error ? (isExplained ? error.message : error.stack) : error;
    console.error(String(text));
    process.exitCode = 1;
  }
}

void run();
