/** `npx tollkeeper` as its own help describes it: every command, its arguments and options. */
import type { Command, Help } from 'commander';
import { tollkeeperProgram } from '../../../src/cli/program';
import { anchorOf } from '../documents';
import { code, prose, table } from './table';

interface Named {
  /** Without the program: `catalog check`. */
  readonly name: string;
  readonly command: Command;
}

/** Those that do something; a command with commands of its own only groups them. */
export function allCommands(program: Command = tollkeeperProgram(), prefix = ''): Named[] {
  return program.commands.flatMap((command) => {
    const name = `${prefix}${command.name()}`;
    return command.commands.length === 0 ? [{ name, command }] : allCommands(command, `${name} `);
  });
}

export function commandsText(): string {
  const all = allCommands();
  const detailed = all.filter(({ command }) => detailsOf(command).length > 0);
  return [
    table(['command', 'does'], all.map(overview)),
    ...detailed.flatMap(({ name, command }) => [
      `### ${name}`,
      table(['argument or option', 'is'], detailsOf(command)),
    ]),
  ].join('\n\n');
}

function overview({ name, command }: Named): string[] {
  const usage = code(['npx tollkeeper', name, ...termsOf(command)].join(' '));
  const hasDetails = detailsOf(command).length > 0;
  return [hasDetails ? `[${usage}](#${anchorOf(name)})` : usage, prose(command.description())];
}

const termsOf = (command: Command): string[] =>
  command.registeredArguments
    .map((argument) => command.createHelp().argumentTerm(argument))
    .map((term, index) =>
      command.registeredArguments[index]?.required ? `<${term}>` : `[${term}]`,
    );

function detailsOf(command: Command): string[][] {
  const help: Help = command.createHelp();
  return [
    ...command.registeredArguments.map((argument, index) => [
      code(termsOf(command)[index] as string),
      prose(help.argumentDescription(argument)),
    ]),
    ...command.options
      .filter(({ hidden }) => !hidden)
      .map((option) => [
        code(option.flags),
        `${prose(help.optionDescription(option))}${option.mandatory ? ' (needed)' : ''}`,
      ]),
  ];
}
