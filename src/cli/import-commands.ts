/** The commands `import …`: names, options and help of bringing customers who are at Stripe. */
import type { Command } from 'commander';
import type { PlanArguments } from './imports/plan';

const JSON_OPTION = ['--json', 'print one JSON object'] as const;

export function importCommands(program: Command): void {
  const imports = program.command('import').description('customers who are at Stripe already');
  planCommand(imports);
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
    .option(...JSON_OPTION)
    .action(async (options: PlanArguments) =>
      (await import('./imports/plan.js')).importPlan(options),
    );
}
