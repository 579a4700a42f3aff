/** The commands `import …`: names, options and help of bringing customers who are at Stripe. */
import { Option } from 'commander';
import type { Command } from 'commander';
import type { ApplyArguments, UndoArguments } from './imports/apply';
import type { PlanArguments } from './imports/plan';
import { JSON_OPTION, YES_OPTION } from './options';
import type { Json } from './options';

export function importCommands(program: Command): void {
  const imports = program.command('import').description('customers who are at Stripe already');
  planCommand(imports);
  applyCommand(imports);
  imports
    .command('list')
    .description('how each import stands')
    .option(...JSON_OPTION)
    .action(async (options: Json) => (await import('./imports/list.js')).importList(options));
  imports
    .command('compare')
    .description('what would have been billed beside what was; exits non-zero if unexplained')
    .argument('[customer]', 'our id of one who is observed; all when left out')
    .option(...JSON_OPTION)
    .action(async (customer: string | undefined, options: Json) =>
      (await import('./imports/compare.js')).importCompare(customer, options),
    );
  imports
    .command('undo')
    .description('as if they had never been imported, unless anything was reported; asks')
    .argument('<customers...>', 'our ids of customers')
    .option(...YES_OPTION)
    .option(...JSON_OPTION)
    .action(async (customers: readonly string[], options: UndoArguments) =>
      (await import('./imports/apply.js')).importUndo(customers, options),
    );
}

function planCommand(imports: Command): void {
  imports
    .command('plan')
    .description('read all subscriptions into a file to review; writes nothing at Stripe')
    .option('--out <file>', 'where to', 'import.yaml')
    .option(
      '--price <price=plan>',
      'this price is the base price of this plan; may be repeated',
      (word: string, words: readonly string[]) => [...words, word],
      [],
    )
    .option('--id-from <source>', 'our id of a customer: stripe, email, or metadata:KEY', 'stripe')
    .option('--migrate', 'take over classic billing mode too: it becomes flexible once billed')
    .option(...JSON_OPTION)
    .action(async (options: PlanArguments) =>
      (await import('./imports/plan.js')).importPlan(options),
    );
}

function applyCommand(imports: Command): void {
  imports
    .command('apply')
    .description('observe or bill what the file names; asks, and may be repeated')
    .argument('<file>', 'as import plan wrote it, reviewed')
    .addOption(
      new Option('--mode <mode>', 'observe writes nothing at Stripe')
        .choices(['observe', 'bill'])
        .makeOptionMandatory(),
    )
    .addOption(
      new Option('--at <time>', 'with --mode bill: from which period on')
        .choices(['now', 'renewal'])
        .default('renewal'),
    )
    .option(...YES_OPTION)
    .option(...JSON_OPTION)
    .action(async (file: string, options: ApplyArguments) =>
      (await import('./imports/apply.js')).importApply(file, options),
    );
}
