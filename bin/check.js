/**
 * `npm run check`: format, lint, types, subjects of commits, architecture and unit tests;
 * everything that needs no server.
 */
const { spawn } = require('node:child_process');
const { join } = require('node:path');
const { installIfMissing, root } = require('./install');

const inPackage = (...path) => join(root, 'node_modules', ...path);
const STEPS = [
  ['format', inPackage('prettier', 'bin', 'prettier.cjs'), '--check', '--log-level', 'warn', '.'],
  ['types', inPackage('typescript', 'bin', 'tsc'), '--noEmit', '-p', '.'],
  ['dashboard', inPackage('typescript', 'bin', 'tsc'), '-p', join('src', 'dashboard', 'app')],
  ['components', inPackage('typescript', 'bin', 'tsc'), '--noEmit', '-p', join('src', 'react')],
  ['subjects', join(root, 'bin', 'commit-subjects.js')],
  ['lint', inPackage('eslint', 'bin', 'eslint.js'), '.'],
  ['unit tests', inPackage('jest', 'bin', 'jest.js'), '--selectProjects=unit', '--silent'],
];

function run([name, program, ...args]) {
  const startedAt = Date.now();
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [program, ...args], { cwd: root });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('close', (code) => {
      const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
      console.log(`${code === 0 ? '✓' : '✗'} ${name.padEnd(12)} ${seconds} s`);
      if (code !== 0) console.log(output.trimEnd());
      resolve(code === 0);
    });
  });
}

async function check() {
  installIfMissing();
  const [format, types, dashboard, components, subjects, lint, tests] = STEPS;
  // Two at a time: what most machines have cores for.
  const chains = [
    async () => [
      ...[await run(types), await run(dashboard), await run(components)],
      ...[await run(format), await run(subjects)],
    ],
    async () => [await run(lint), await run(tests)],
  ];
  const results = (await Promise.all(chains.map((chain) => chain()))).flat();
  const failed = results.filter((isPassed) => !isPassed).length;
  console.log(
    failed === 0 ? 'All checks passed.' : `${failed} of ${results.length} checks failed.`,
  );
  process.exit(failed === 0 ? 0 : 1);
}

void check();
