/** Goal: `catalog check` looks at the file that everything else will take. */
import { checkCatalog } from '../../../src/cli/plans/catalog-check';
import { catalogFile } from '../../../src/config';

const json = { json: true };

afterEach(() => {
  delete process.env.CATALOG_FILE;
  jest.restoreAllMocks();
});

test('without a file it is the one of CATALOG_FILE, as for push', async () => {
  process.env.CATALOG_FILE = 'no-such-catalog.yaml';
  await expect(checkCatalog(undefined, json)).rejects.toThrow('no-such-catalog.yaml');
});

test('a file that is named is looked at, whatever CATALOG_FILE says', async () => {
  process.env.CATALOG_FILE = 'no-such-catalog.yaml';
  const said = jest.spyOn(console, 'log').mockImplementation(() => undefined);
  await checkCatalog('catalog.yaml', json);
  expect(JSON.stringify(said.mock.calls)).toContain('catalog.yaml');
});

test.each([
  [{}, 'catalog.yaml'],
  [{ CATALOG_FILE: '' }, 'catalog.yaml'],
  [{ CATALOG_FILE: 'mine.yaml' }, 'mine.yaml'],
])('with %j it is %s', (environment, file) => {
  expect(catalogFile(environment)).toBe(file);
});
