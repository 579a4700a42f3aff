/** Goal: the doctor says at once that Temporal is away, and still looks at all else. */
import { Client, Connection } from '@temporalio/client';
import { examine } from '../../../src/cli/doctor/doctor';
import { freePort } from '../../../src/dev/free-port';
import { loadCatalog } from '../../../src/stripe/catalog-file';
import { startTestApi } from '../../support/api/api';
import { startScriptedStripe } from '../../support/stripe/scripted-stripe';

test('a Temporal that is away is one finding, and nothing that needs it is asked for', async () => {
  const address = `127.0.0.1:${await freePort()}`;
  const temporal = new Client({ connection: Connection.lazy({ address }) });
  const [api, { stripe, close }] = await Promise.all([startTestApi(), startScriptedStripe()]);
  const catalog = await loadCatalog('catalog.yaml');
  const asked: string[] = [];
  const { findings } = await examine({ pool: api.pool, stripe, temporal, catalog }, (name) =>
    asked.push(name),
  );
  expect(findings.filter(({ of }) => of === 'Temporal')).toEqual([
    expect.objectContaining({
      severity: 'critical',
      what: expect.stringContaining('whether it answers could not be checked'),
    }),
  ]);
  expect(asked).toEqual(expect.arrayContaining(['the ledger', 'overdue periods']));
  expect(asked).not.toContain('runs that ended');
  expect(asked).not.toContain('open exceptions');
  await Promise.all([api.close(), close(), temporal.connection.close()]);
});
