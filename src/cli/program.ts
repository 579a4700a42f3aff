/**
 * The command `tollkeeper`: names, options and help; those of operators are in
 * src/operator-commands.ts. What a command does is in src/cli/.
 */
import { Command, Option } from 'commander';
import { portNumber, secondsNumber } from './command-arguments';
import type { CreateKeyArguments } from './cli/keys';
import type { StripeSandboxArguments } from './cli/stripe-sandbox';
import { operatorCommands } from './operator-commands';

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
  .option('--json', 'print one JSON object')
  .action(async (file: string, options: { json?: boolean }) =>
    (await import('./cli/catalog.js')).checkCatalog(file, options),
  );
catalog
  .command('push')
  .description("create or update Stripe's products, meters and prices")
  .option('--json', 'print one JSON object')
  .action(async (options: { json?: boolean }) => (await import('./cli/catalog.js')).push(options));

const keys = program.command('keys').description('API keys');
keys
  .command('create')
  .description('create a key and print it; it is shown only this once')
  .requiredOption('--name <name>', 'what the key is for')
  .requiredOption('--scope, --scopes <scopes>', 'comma-separated: ingest, read, admin, proxy')
  .option('--customer <customer>', 'reads and writes only what is of this customer')
  .option('--existing', 'register the key on standard input instead; only its hash is kept')
  .action(async (options: CreateKeyArguments) =>
    (await import('./cli/keys.js')).createKey(options),
  );
keys
  .command('list')
  .description('all keys and what they may, without the keys themselves')
  .option('--json', 'print one JSON object')
  .action(async (options: { json?: boolean }) => (await import('./cli/keys.js')).listKeys(options));
keys
  .command('revoke')
  .description('let a key work no more')
  .argument('<id>', 'as the list has it')
  .action(async (id: string) => (await import('./cli/keys.js')).revokeKey(id));

operatorCommands(program);

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
  .option('--json', 'print one JSON object')
  .action(async (options: { validate?: boolean; json?: boolean }) =>
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
    const { failureText } = await import('./command-failure.js');
    console.error(failureText(error));
    process.exitCode = 1;
  }
}

void run();
