/** `npm run docs`: writes what the documents have from the code. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readText, ROOT } from './documents';
import { GENERATED } from './generated';

for (const { path, updated } of GENERATED) {
  const text = readText(path);
  const now = updated(text);
  if (now !== text) writeFileSync(join(ROOT, path), now);
  process.stdout.write(`${path}: ${now === text ? 'as it was' : 'written'}\n`);
}
