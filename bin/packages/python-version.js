/** How Python writes a version of ours: PEP 440 knows three kinds of what comes before one. */
const BEFORE = { alpha: 'a', beta: 'b', rc: 'rc' };
const VERSION = /^(\d+\.\d+\.\d+)(?:-([a-z]+)\.(\d+))?$/;

/** `1.2.0-rc.1` is `1.2.0rc1`; undefined for what Python can't order, such as `1.2.0-next.1`. */
function pythonVersion(version) {
  const [, release, kind, number] = VERSION.exec(version) ?? [];
  if (release === undefined) return undefined;
  if (kind === undefined) return release;
  return kind in BEFORE ? `${release}${BEFORE[kind]}${number}` : undefined;
}

module.exports = { pythonVersion };
