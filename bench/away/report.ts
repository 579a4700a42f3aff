/** What came of a day away, for people. */
import Table from 'cli-table3';
import type { Report } from './away';

export function reportText({
  of,
  seed,
  seconds,
  months,
  day,
  checks,
  answers,
  ok,
}: Report): string {
  const table = new Table({
    head: ['', 'checked', 'found'],
    style: { head: [], border: [], compact: true },
    colWidths: [4, 48, 90],
    wordWrap: true,
  });
  for (const one of checks) table.push([one.ok ? 'ok' : 'NO', one.name, one.found]);
  const caughtUp = Object.entries(day?.caughtUp ?? {}).map(
    ([what, after]) => `  ${what}: ${after === null ? 'not' : `${after.toFixed(1)} s`}`,
  );
  return [
    `A day without ${of}, seed ${seed}: ${months} months, ${seconds} s, of which it was away ` +
      `${Math.round(day?.secondsAway ?? 0)} s.`,
    `The app was answered ${JSON.stringify(answers)}.`,
    'After its return:',
    ...caughtUp,
    table.toString(),
    ok ? 'All is as it must be.' : 'Something is not as it must be.',
  ].join('\n');
}
