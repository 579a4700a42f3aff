/** Goal: who asks for a change is answered by it, whatever becomes of the run that was asked. */
import type { Activities } from '../../activities';
import { createBillingStarter } from '../../src/temporal/signals';
import { createBillingUpdates } from '../../src/temporal/updates';
import { eventually } from '../support/stack/eventually';
import { aWorld } from '../support/workflows/fake-world';
import { devServerEnvironment } from '../support/stack/temporal';
import { useBilling } from '../support/workflows/workflow-run';

const customers = useBilling(devServerEnvironment);

test('a grant that is asked of a run which somebody ends is given by the next one', async () => {
  const inner = aWorld();
  const asked: string[] = [];
  const stuck: (() => void)[] = [];
  const recordGrant: Activities['recordGrant'] = async (request) => {
    asked.push(request.grant.id);
    if (asked.length === 1) await new Promise<void>((resume) => stuck.push(resume));
    return inner.activities.recordGrant(request);
  };
  const world = { ...inner, activities: { ...inner.activities, recordGrant } };
  await customers.billing(world, async ({ customer, handle }) => {
    const { client } = customers.env;
    const config = { SIGNALS_PER_RUN_MAX: 1_000 };
    const updates = createBillingUpdates(
      client,
      createBillingStarter({ temporal: client, config }),
    );
    const grant = { id: 'goodwill', tokens: 5, expiresAt: null, reason: 'a test' };
    const given = updates.grantTokens(customer, grant, 'key-1');
    await eventually(
      async () => asked,
      ({ length }) => length === 1,
    );
    await client.workflow.getHandle(handle.workflowId).terminate('by mistake');
    expect(await given).toMatchObject({ id: 'goodwill', tokens: 5 });
    expect(inner.granted).toMatchObject([{ grant: { id: 'goodwill' } }]);
    for (const resume of stuck) resume();
  });
});

test('a grant that is asked of a workflow which somebody ended is not refused for that', async () => {
  const world = aWorld();
  await customers.billing(world, async ({ customer, handle }) => {
    const { client } = customers.env;
    const config = { SIGNALS_PER_RUN_MAX: 1_000 };
    const updates = createBillingUpdates(
      client,
      createBillingStarter({ temporal: client, config }),
    );
    await client.workflow.getHandle(handle.workflowId).terminate('by mistake');
    const grant = { id: 'goodwill', tokens: 5, expiresAt: null, reason: 'a test' };
    expect(await updates.grantTokens(customer, grant, 'key-1')).toMatchObject({ tokens: 5 });
  });
});
