/**
 * The command `tollkeeper`: names, options and help; those of operators are in
 * src/cli/operator-commands.ts. What a command does is loaded when it is called.
 */
import { Command, Option } from 'commander';
import { batchNumber, migrationNumber, portNumber, secondsNumber } from './terminal/arguments';
import type { CheckOptions } from './plans/catalog-check';
import type { MigrateArguments } from './migrate';
import type { RolloutArguments } from './plans/catalog-rollout';
import type { CreateKeyArguments } from './operator/keys';
import type { ClusterOptions } from './development/cluster';
import type { StripeSandboxArguments } from './development/stripe-sandbox';
import { importCommands } from './import-commands';
import { ledgerCommands } from './ledger-commands';
import { operatorCommands } from './operator-commands';
import { JSON_OPTION } from './options';

export function tollkeeperProgram(): Command {
  const program = new Command('tollkeeper')
    .description('Usage billing for AI products')
    .showHelpAfterError();
  processCommands(program);
  catalogCommands(program);
  keysCommands(program);
  operatorCommands(program);
  importCommands(program);
  ledgerCommands(program);
  describingCommands(program);
  developmentCommands(program);
  return program;
}

function processCommands(program: Command): void {
  program
    .command('api')
    .description('serve the HTTP API')
    .action(async () => (await import('./api.js')).api());
  program
    .command('worker')
    .description('run workflows, activities and the pipeline behind the ledger')
    .action(async () => (await import('./worker.js')).worker());
  program
    .command('codec-server')
    .description('decrypt what Temporal keeps, for its UI and command line')
    .option('--port <port>', 'port to listen on; 0 for any free one', portNumber, 8_234)
    .action(async (options: { port: number }) =>
      (await import('./codec-server.js')).codecServer(options),
    );
  program
    .command('migrate')
    .description('bring the database to the newest schema')
    .option('--to <number>', 'no further than the migration of this number', migrationNumber)
    .option('--app-role <role>', 'give this role what API and worker need, and no more')
    .action(async (options: MigrateArguments) =>
      (await import('./migrate.js')).migrateDatabase(options),
    );
}

function catalogCommands(program: Command): void {
  const catalog = program.command('catalog').description('the plans, rates and vendors');
  catalog
    .command('check')
    .description('validate the catalog file and every margin')
    .argument('[file]', 'path of the catalog; left out: CATALOG_FILE, else catalog.yaml')
    .option('--against-customers', 'name those who are on what the file no longer has')
    .option(...JSON_OPTION)
    .action(async (file: string | undefined, options: CheckOptions) =>
      (await import('./plans/catalog-check.js')).checkCatalog(file, options),
    );
  catalog
    .command('push')
    .description("create or update Stripe's products, meters and prices")
    .option(...JSON_OPTION)
    .action(async (options: { json?: boolean }) =>
      (await import('./plans/catalog.js')).push(options),
    );
  rolloutCommand(catalog);
}

function rolloutCommand(catalog: Command): void {
  catalog
    .command('rollout')
    .description('move the customers of a plan to the catalog of now: shows the figures, and asks')
    .argument('<plan>', 'a plan of the catalog')
    .addOption(new Option('--to <version>', 'which prices').choices(['current']).default('current'))
    .addOption(
      new Option('--at <time>', 'when the new prices begin')
        .choices(['now', 'period_end'])
        .default('period_end'),
    )
    .option('--batch <customers>', 'look for exceptions after so many', batchNumber, 50)
    .option('--reason <text>', 'why, for the audit trail; needed for all but --status')
    .option('--status', 'instead, show where it stands')
    .option('--pause', 'instead, let it wait')
    .option('--resume', 'instead, go on after a pause, or after what stopped it was settled')
    .option('--skip', 'with --resume: whoever was refused stays on the prices they have')
    .option('--cancel', 'instead, end it; whoever was moved stays moved')
    .option('--yes', 'do it without asking; what is done is told all the same')
    .option(...JSON_OPTION)
    .action(async (plan: string, options: RolloutArguments) =>
      (await import('./plans/catalog-rollout.js')).catalogRollout(plan, options),
    );
}

function keysCommands(program: Command): void {
  const keys = program.command('keys').description('API keys');
  keys
    .command('create')
    .description('create a key and print it; it is shown only this once')
    .requiredOption('--name <name>', 'what the key is for')
    .requiredOption('--scope, --scopes <scopes>', 'comma-separated: ingest, read, admin, proxy')
    .option('--customer <customer>', 'reads and writes only what is of this customer')
    .option('--existing', 'register the key on standard input instead; only its hash is kept')
    .action(async (options: CreateKeyArguments) =>
      (await import('./operator/keys.js')).createKey(options),
    );
  keys
    .command('list')
    .description('all keys and what they may, without the keys themselves')
    .option(...JSON_OPTION)
    .action(async (options: { json?: boolean }) =>
      (await import('./operator/keys.js')).listKeys(options),
    );
  keys
    .command('revoke')
    .description('let a key work no more')
    .argument('<id>', 'as the list has it')
    .action(async (id: string) => (await import('./operator/keys.js')).revokeKey(id));
}

function describingCommands(program: Command): void {
  program
    .command('openapi')
    .description("the HTTP API's description, as one OpenAPI document")
    .option('--markdown', 'as docs/reference/api.md, for people')
    .action(async (options: { markdown?: boolean }) =>
      (await import('./openapi/openapi.js')).openapi(options),
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
      (await import('./development/stripe-sandbox.js')).stripeSandbox(options),
    );
  program
    .command('config')
    .description('show what the environment configures')
    .option('--validate', 'only check the environment')
    .option(...JSON_OPTION)
    .action(async (options: { validate?: boolean; json?: boolean }) =>
      (await import('./config.js')).showConfig(options),
    );
}

function developmentCommands(program: Command): void {
  program
    .command('dev')
    .description('run the whole stack on this machine')
    .option('--reset', 'forget all data of earlier starts')
    .option('--dir <folder>', 'where data and logs are', '.dev')
    .action(async (options: { reset?: boolean; dir: string }) =>
      (await import('./development/dev.js')).dev(options),
    );
  program
    .command('start')
    .description('run the whole stack, play two months of billing on it and show what came out')
    .option('--once', 'stop once played; exits non-zero if anything drifts')
    .option('--json', 'print the result as one JSON object, as the last line')
    .option('--reset', 'forget all data of earlier starts')
    .option('--dir <folder>', 'where data and logs are', '.dev')
    .action(async (options: { once?: boolean; json?: boolean; reset?: boolean; dir: string }) =>
      (await import('./development/start.js')).start(options),
    );
  program
    .command('cluster')
    .description('run several of each, with Temporal as server processes on Postgres')
    .option('--small', 'as few as another one can still take over')
    .option('--play', 'play two months of billing on it and show what came out')
    .option('--once', 'with --play: stop once played; exits non-zero if anything drifts')
    .option('--reset', 'forget all data of earlier starts')
    .option('--dir <folder>', 'where data and logs are', '.dev/cluster')
    .action(async (options: ClusterOptions) =>
      (await import('./development/cluster.js')).cluster(options),
    );
  program
    .command('bench')
    .description('measure this machine: Tollkeeper beside what it is built on, as ratios')
    .option('--json <file>', 'write every figure to this file')
    .addOption(new Option('--process <name>', 'be a process of the benchmark').hideHelp())
    .action(async (options: { json?: string; process?: string }) =>
      (await import('./development/bench.js')).bench(options),
    );
}
