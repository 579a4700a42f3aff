/** Goal: an operator sees which version may be stopped, and what has not moved yet. */
import { versionsText } from '../../../src/cli/operator/versions';

const VERSIONS = {
  ...{ deployment: 'tollkeeper', current: '0.3.0', ramping: '0.4.0' },
  versions: [
    { build: '0.2.0', runs: 0 },
    { build: '0.3.0', runs: 41 },
    { build: '0.4.0', runs: 2 },
    { build: null, runs: 7 },
  ],
};

test('each version has its place and its runs, and so have runs without one', () => {
  const words = versionsText(VERSIONS)
    .split('\n')
    .flatMap((line) => (/\d/.test(line) ? [line.replace(/[^\w.()]+/g, ' ').trim()] : []));
  expect(words).toEqual(['0.2.0 0', '0.3.0 current 41', '0.4.0 ramping 2', '(no version) 7']);
});

test('a deployment that nobody has made current leaves runs with workers of no version', () => {
  const text = versionsText({ ...VERSIONS, current: null, ramping: null });
  expect(text).toMatch(/\(no version\)\W+current\W+7/);
});

test('what is left elsewhere after a move is counted and named', () => {
  const move = { signalled: 9, left: 1, examples: ['billing:ada'] };
  expect(versionsText({ ...VERSIONS, move })).toMatch(
    /told to move +9\nstill elsewhere +1\namong them +billing:ada$/,
  );
});
