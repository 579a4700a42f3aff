/** The commands `ledger …`: names, options and help of what becomes of old months. */
import type { Command } from 'commander';
import type { AttachArguments } from './ledger/attach';
import type { DetachArguments } from './ledger/detach';
import type { ExportArguments } from './ledger/export';
import { JSON_OPTION, YES_OPTION } from './options';
import type { Json } from './options';

const MONTH = [
  '--month <month>',
  'such as 2026-01; first: what was recorded before months',
] as const;
const FROM = ['--from <folder>', 'where its archive is'] as const;

export function ledgerCommands(program: Command): void {
  const ledger = program
    .command('ledger')
    .description('months of the ledger, and archives of them');
  ledger
    .command('list')
    .description('each month, what became of it, and its size')
    .option(...JSON_OPTION)
    .action(async (options: Json) => (await import('./ledger/list.js')).listLedger(options));
  ledger
    .command('close')
    .description('index months that have ended for reading alone; exits non-zero if one is left')
    .option(...JSON_OPTION)
    .action(async (options: Json) => (await import('./ledger/close.js')).closeLedger(options));
  ledger
    .command('export')
    .description('write a month that has ended into a folder, as compressed CSV with a manifest')
    .requiredOption(...MONTH)
    .requiredOption('--to <folder>', 'where to; it is made if it is not there')
    .option(...JSON_OPTION)
    .action(async (options: ExportArguments) =>
      (await import('./ledger/export.js')).exportLedger(options),
    );
  ledger
    .command('attach')
    .description('put a month back that was detached, from its table or from its archive')
    .requiredOption(...MONTH)
    .option(...FROM)
    .option(...JSON_OPTION)
    .action(async (options: AttachArguments) =>
      (await import('./ledger/attach.js')).attachLedger(options),
    );
  removingCommands(ledger);
}

function removingCommands(ledger: Command): void {
  ledger
    .command('detach')
    .description('take a month out of the ledger once its archive is proved; asks')
    .requiredOption(...MONTH)
    .requiredOption(...FROM)
    .option(...YES_OPTION)
    .option(...JSON_OPTION)
    .action(async (options: DetachArguments) =>
      (await import('./ledger/detach.js')).detachLedger(options),
    );
  ledger
    .command('drop')
    .description('drop the table of a detached month once its archive is proved again; asks')
    .requiredOption(...MONTH)
    .requiredOption(...FROM)
    .option(...YES_OPTION)
    .option(...JSON_OPTION)
    .action(async (options: DetachArguments) =>
      (await import('./ledger/detach.js')).dropLedger(options),
    );
}
