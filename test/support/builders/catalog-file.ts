/** The shipped catalog with a change, as a file of its own. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';

export interface CatalogDocument {
  plans: Record<string, unknown>[];
  rates: Record<string, unknown>[];
  vendors: Record<string, unknown>[];
}

/** Its path. */
export function aCatalogFile(change: (catalog: CatalogDocument) => void): string {
  const catalog = parse(readFileSync('catalog.yaml', 'utf8')) as CatalogDocument;
  change(catalog);
  const path = join(mkdtempSync(join(tmpdir(), 'tollkeeper-catalog-')), 'catalog.yaml');
  writeFileSync(path, stringify(catalog));
  return path;
}
