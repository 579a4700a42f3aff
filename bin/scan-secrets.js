/**
 * `npm run secrets`: looks for secrets in every file that git tracks, or in the files that are
 * named. Prints where one is, never what it is; exits non-zero if there is any.
 */
const { execFileSync } = require('node:child_process');
const { readFileSync, statSync } = require('node:fs');
const { extname, join } = require('node:path');
const { root } = require('./install');

/** Beyond it a file is data of tests, which is looked through as well, but in no sensible time. */
const BYTES_MAX = 2 * 1024 * 1024;

/** What secretlint's own rules do not know. */
const OURS = [
  { name: 'a live key of Stripe', pattern: '/\\b(?:sk|rk)_live_[A-Za-z0-9]{16,}/' },
  { name: 'a signing secret', pattern: '/\\bwhsec_[A-Za-z0-9+\\/]{32,}={0,2}/' },
  { name: 'a key of Tollkeeper', pattern: '/\\btk_[A-Za-z0-9_-]{32,}/' },
];

/** Files whose text only looks like a secret, each with the reason. */
const NO_SECRETS = {
  'package-lock.json': 'has hashes of packages',
  'examples/nextjs-chat/package-lock.json': 'has hashes of packages',
  ...Object.fromEntries(
    ['newest', 'before', 'older'].map((set) => [
      `test/support/clients/${set}/package-lock.json`,
      'has hashes of packages',
    ]),
  ),
};

/** A test's own secret says so in its line, or in the one before. */
const MADE_UP = /made-up secret/;

async function scanner() {
  const [{ lintSource }, preset, pattern] = await Promise.all([
    import('@secretlint/core'),
    import('@secretlint/secretlint-rule-preset-recommend'),
    import('@secretlint/secretlint-rule-pattern'),
  ]);
  const config = {
    rules: [
      { id: '@secretlint/secretlint-rule-preset-recommend', rule: preset.creator },
      {
        id: '@secretlint/secretlint-rule-pattern',
        rule: pattern.creator,
        options: { patterns: OURS },
      },
    ],
  };
  return async (path, content) => {
    const { messages } = await lintSource({
      source: { filePath: path, content, ext: extname(path), contentType: 'text' },
      options: { config, noPhysicFilePath: true, maskSecrets: true },
    });
    const lines = content.split('\n');
    return messages
      .filter(
        ({ loc }) => !MADE_UP.test(lines.slice(Math.max(0, loc.start.line - 2), loc.start.line)),
      )
      .map(({ loc, ruleId, messageId }) => `${path}:${loc.start.line} ${ruleId} ${messageId}`);
  };
}

function trackedFiles() {
  const listed = execFileSync(
    'git',
    ['ls-files', '-z', '--cached', '--others', '--exclude-standard'],
    {
      cwd: root,
      encoding: 'utf8',
    },
  );
  return listed.split('\0').filter((path) => path !== '' && !(path in NO_SECRETS));
}

async function scan(paths) {
  const findSecrets = await scanner();
  const findings = [];
  let files = 0;
  for (const path of paths) {
    const file = join(root, path);
    const facts = statSync(file, { throwIfNoEntry: false });
    if (!facts?.isFile() || facts.size > BYTES_MAX) continue;
    const content = readFileSync(file, 'utf8');
    if (content.includes('\0')) continue;
    files += 1;
    findings.push(...(await findSecrets(path, content)));
  }
  return { files, findings };
}

async function main(named) {
  const { files, findings } = await scan(named.length > 0 ? named : trackedFiles());
  for (const finding of findings) console.log(finding);
  console.log(`${files} files, ${findings.length} secrets.`);
  process.exit(findings.length === 0 ? 0 : 1);
}

void main(process.argv.slice(2));
