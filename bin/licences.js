/**
 * The licences of what package-lock.json names, and whether each may be: of what is shipped, and of
 * what builds and tests it. The release writes the list; `node bin/licences.js` prints it.
 */
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { root } = require('./install');

/** They ask for nothing but to be named. */
const SHIPPED = [
  ...['0BSD', 'Apache-2.0', 'BlueOak-1.0.0', 'BSD-2-Clause', 'BSD-3-Clause', 'CC-BY-4.0'],
  ...['ISC', 'MIT', 'MIT-0', 'Unlicense', 'Zlib'],
];
/** They ask something of whoever changes the package: it may be used, and is not shipped. */
const USED = [...SHIPPED, 'Artistic-2.0', 'CC0-1.0', 'MPL-2.0', 'Python-2.0'];

/** Packages whose manifest names no licence, with what their LICENSE says. */
const BY_HAND = { 'png-js': 'MIT', unionfs: 'Unlicense' };

/** Each package of the lock file, by name: `{ name, version, licence, isShipped }`. */
function licences(lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))) {
  return Object.entries(lock.packages)
    .filter(([path]) => path !== '')
    .map(([path, { version, license, dev, devOptional }]) => {
      const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
      const licence = license ?? BY_HAND[name] ?? 'none told';
      return { name, version, licence, isShipped: !dev && !devOptional };
    })
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/** An expression of SPDX: one of an `OR` is enough, and each of an `AND` is needed. */
function isAllowed(expression, allowed) {
  const inner = expression.replace(/^\((.*)\)$/, '$1');
  if (inner.includes(' OR ')) return inner.split(' OR ').some((one) => isAllowed(one, allowed));
  return inner.split(' AND ').every((one) => allowed.includes(one.trim()));
}

const notAllowed = (packages) =>
  packages.filter(({ licence, isShipped }) => !isAllowed(licence, isShipped ? SHIPPED : USED));

const asText = (packages) =>
  packages
    .map(({ name, version, licence, isShipped }) =>
      [`${name}@${version}`, licence, isShipped ? 'shipped' : 'used'].join('\t'),
    )
    .join('\n');

module.exports = { asText, isAllowed, licences, notAllowed };

if (require.main === module) {
  const packages = licences();
  console.log(asText(packages));
  const refused = notAllowed(packages);
  if (refused.length > 0) console.error(`Not allowed:\n${asText(refused)}`);
  process.exit(refused.length === 0 ? 0 : 1);
}
