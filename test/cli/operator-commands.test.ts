/** Goal: what a command was called before goes on doing the same. */
import { Command } from 'commander';
import { operatorCommands } from '../../src/cli/operator-commands';

const run = async (...words: string[]) => {
  const searches: object[] = [];
  const program = new Command();
  operatorCommands(program, async (options) => void searches.push(options));
  await program.parseAsync(words, { from: 'user' });
  return searches;
};

test('reconcile --now finds lost events, and its help does not name that', async () => {
  expect(await run('find-lost-events', '--json')).toEqual([{ json: true }]);
  expect(await run('reconcile', '--now', '--json')).toMatchObject([{ json: true }]);

  const program = new Command();
  operatorCommands(program);
  const reconcile = program.commands.find((command) => command.name() === 'reconcile');
  expect(reconcile?.helpInformation()).toContain('--wait');
  expect(reconcile?.helpInformation()).not.toContain('--now');
});
