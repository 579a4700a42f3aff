/** The version that a catalog is: by the SHA-256 of what it sells. */
import { createHash } from 'node:crypto';
import type { Catalog } from '../core/plans/catalog';
import { catalogVersion } from '../core/plans/catalog-version';
import type { CatalogVersion } from '../core/plans/catalog-version';

const knownVersions = new WeakMap<Catalog, string>();

export function versionOf(catalog: Catalog): string {
  const version =
    knownVersions.get(catalog) ??
    catalogVersion(catalog, (text) => createHash('sha256').update(text).digest('hex'));
  knownVersions.set(catalog, version);
  return version;
}

export const asVersion = (catalog: Catalog): CatalogVersion => ({
  version: versionOf(catalog),
  catalog,
});
