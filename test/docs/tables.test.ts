/** Goal: no table grows without the guide saying what bounds it, or why it stays. */
import { APP_PRIVILEGES } from '../../src/db/app-role';
import { readText } from './documents';

test('each table is in the list of what grows', () => {
  const [, list = ''] = readText('docs/guides/operate/ledger.md').split('## What else grows');
  const names = new Set([...list.matchAll(/`([a-z_]+)`/g)].map(([, name]) => name));
  expect(Object.keys(APP_PRIVILEGES).filter((table) => !names.has(table))).toEqual([]);
});
