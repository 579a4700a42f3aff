/**
 * `node bin/pin-images.js`: writes the digest behind each image into Dockerfile and
 * docker-compose.yml, as docker finds it at the registry; a tag can be moved, a digest can't.
 * `--check` only tells which have none, and exits non-zero if there are any.
 */
const { spawnSync } = require('node:child_process');
const { readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { root } = require('./install');

const FILES = ['Dockerfile', 'docker-compose.yml'];
/** A base or a service's image; our own, which has no tag, is built and not fetched. */
const IMAGE = /^( *image: |FROM )([a-z0-9./-]+:[\w.-]+)(@sha256:[0-9a-f]+)?/gm;
const DIGEST = /^sha256:[0-9a-f]{64}$/;

const read = (file) => readFileSync(join(root, file), 'utf8');

/** `{ file, image, digest }`; digest: null where it is not pinned. */
const images = () =>
  FILES.flatMap((file) =>
    [...read(file).matchAll(IMAGE)].map(([, , image, digest]) => ({
      ...{ file, image, digest: digest?.slice(1) ?? null },
    })),
  );

/** Throws where docker, or the registry, does not tell. */
function digestOf(image) {
  const args = ['buildx', 'imagetools', 'inspect', image, '--format', '{{.Manifest.Digest}}'];
  const { status, stdout, stderr, error } = spawnSync('docker', args, { encoding: 'utf8' });
  const digest = stdout?.trim() ?? '';
  if (status === 0 && DIGEST.test(digest)) return digest;
  throw new Error(`The digest of ${image} is not known: ${error?.message ?? `${stdout}${stderr}`}`);
}

/** All or none: a half-pinned release would look like a whole one. */
function pin() {
  const digests = new Map(
    [...new Set(images().map(({ image }) => image))].map((image) => [image, digestOf(image)]),
  );
  for (const file of FILES) {
    const text = read(file).replace(
      IMAGE,
      (_all, before, image) => `${before}${image}@${digests.get(image)}`,
    );
    writeFileSync(join(root, file), text);
  }
  return digests;
}

const notPinned = () => [
  ...new Set(
    images()
      .filter(({ digest }) => digest === null)
      .map(({ image }) => image),
  ),
];

module.exports = { images, notPinned };

if (require.main === module) {
  if (process.argv.includes('--check')) {
    const missing = notPinned();
    for (const image of missing) console.log(`${image} is not pinned by digest.`);
    process.exit(missing.length === 0 ? 0 : 1);
  }
  try {
    for (const [image, digest] of pin()) console.log(`${image}@${digest}`);
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
}
