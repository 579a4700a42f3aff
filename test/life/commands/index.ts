/** All that can happen in a life, in any order. */
import fc from 'fast-check';
import { EDITS, HOLDS } from './at-stripe';
import { CATALOG_CHANGES } from './catalog';
import { CHANGES, UNPAID } from './changes';
import type { Command } from './command';
import { FAULTS, REFUSALS } from './faults';
import { USAGE } from './usage';

const SUBJECTS = {
  usage: USAGE,
  changes: CHANGES,
  unpaid: UNPAID,
  faults: FAULTS,
  refusals: REFUSALS,
  holds: HOLDS,
  edits: EDITS,
  prices: CATALOG_CHANGES,
};

/** `without`: LIFE_WITHOUT=holds,faults leaves them out, while a cause is looked for. */
export function commandsOfALife(without: readonly string[] = []) {
  const kept = Object.entries(SUBJECTS).filter(([subject]) => !without.includes(subject));
  const commands = kept.flatMap(([, ofSubject]): fc.Arbitrary<Command>[] => ofSubject);
  return fc.commands(commands, { maxCommands: 12, size: 'max' });
}
