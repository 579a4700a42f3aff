/**
 * `npm run audit`: asks the registry for known vulnerabilities of what is shipped. It passes where
 * none is high or critical. A registry that answers no audits is no pass: that is said, and exits
 * with 2.
 */
const { spawnSync } = require('node:child_process');
const { root } = require('./install');

const PASSED = 0;
const FAILED = 1;
const NOT_CHECKED = 2;

/** `{ code, text }` of what `npm audit --json` printed. */
function verdictOf(output) {
  const report = parsed(output);
  const counts = report?.metadata?.vulnerabilities;
  if (!counts) {
    const reason = report?.message ?? report?.error?.summary ?? 'npm audit said nothing';
    return { code: NOT_CHECKED, text: `NOT CHECKED, and not passed: ${withoutHosts(reason)}` };
  }
  const bad = (counts.high ?? 0) + (counts.critical ?? 0);
  const names = Object.keys(report.vulnerabilities ?? {}).join(', ');
  return bad === 0
    ? { code: PASSED, text: `No high or critical vulnerability is known (${counts.total} lower).` }
    : { code: FAILED, text: `${bad} high or critical vulnerabilities: ${names}` };
}

function parsed(output) {
  try {
    return JSON.parse(output);
  } catch {
    return undefined;
  }
}

/** Which registry it is concerns nobody who reads a log. */
const withoutHosts = (text) => text.replace(/https?:\/\/\S+/g, 'the registry');

function audit() {
  const args = ['audit', '--omit=dev', '--json', '--fetch-retries=0', '--fetch-timeout=20000'];
  const isOfWindows = process.platform === 'win32';
  const { stdout } = spawnSync('npm', args, { cwd: root, encoding: 'utf8', shell: isOfWindows });
  return verdictOf(stdout ?? '');
}

module.exports = { audit, verdictOf, PASSED, FAILED, NOT_CHECKED };

if (require.main === module) {
  const { code, text } = audit();
  console.log(text);
  process.exit(code);
}
