/** Goal: what the provider stores under the operator's one key is read by its maker alone. */
import { drain } from '../../support/openai/metered-openai';
import { startProxiedOpenAI } from '../../support/openai/proxied-openai';
import type { ProxiedOpenAI, ProxyCase } from '../../support/openai/proxied-openai';
import type OpenAI from 'openai';

let at: ProxiedOpenAI;
let bobs: OpenAI;
afterEach(() => at.end());

async function start(change: ProxyCase = {}): Promise<void> {
  at = await startProxiedOpenAI(change);
  await at.api.addCustomer('bob');
  bobs = at.client(await at.keyOf('bob'));
}

const QUESTION = { model: 'gpt-5', input: 'a secret' };
const failureOf = (call: Promise<unknown>) =>
  call.then(
    () => 'none',
    ({ status, message }: { status?: number; message: string }) => [status, message],
  );

/** Made at once, as a stream, and in the background. */
async function made(): Promise<string[]> {
  const plain = await at.openai.responses.create(QUESTION);
  const events = await drain(await at.openai.responses.create({ ...QUESTION, stream: true }));
  const created = events.find(({ type }) => type === 'response.created');
  const later = await at.openai.responses.create({ ...QUESTION, background: true });
  return [plain.id, (created as { response: { id: string } }).response.id, later.id];
}

test('its maker looks a response up, and goes on with it; nobody else does', async () => {
  await start();
  for (const id of await made()) {
    const more = { ...QUESTION, previous_response_id: id };
    expect((await at.openai.responses.retrieve(id)).id).toBe(id);
    await at.openai.responses.create(more);
    const asked = at.provider.asked.length;
    const refusals = [
      await failureOf(bobs.responses.retrieve(id)),
      await failureOf(bobs.responses.create(more)),
      await failureOf(bobs.responses.create({ ...more, stream: true })),
      // The same is said where nobody made it.
      await failureOf(bobs.responses.retrieve('resp_none')),
      await failureOf(at.openai.responses.retrieve(id.toUpperCase())),
      await failureOf(at.openai.responses.create({ ...QUESTION, conversation: 'conv_1' })),
    ];
    expect(new Set(refusals.map(String)).size).toBe(1);
    expect(refusals[0]).toEqual([403, expect.stringContaining('was not made with a key of')]);
    expect(at.provider.asked).toHaveLength(asked);
  }
});

test('other spellings of what is gone on with are refused', async () => {
  await start();
  const [id = ''] = await made();
  const asked = at.provider.asked.length;
  for (const more of [{ Previous_Response_Id: id }, { previous_response_id: [id] }])
    expect(
      await failureOf(bobs.responses.create({ ...QUESTION, ...more } as typeof QUESTION)),
    ).toEqual([400, expect.anything()]);
  expect(at.provider.asked).toHaveLength(asked);
});

test('what was made while the database is away is its maker’s, and written down afterwards', async () => {
  await start();
  for (const client of [at.openai, bobs]) await client.responses.create(QUESTION);
  await at.database.shut();
  const { id } = await at.openai.responses.create(QUESTION);
  expect((await at.openai.responses.retrieve(id)).id).toBe(id);
  expect(await failureOf(bobs.responses.retrieve(id))).toEqual([
    ...[503, expect.stringContaining('can not be')],
  ]);
});

test('where the operator says so, all customers read everything, as before', async () => {
  await start({ passesAll: true });
  const [id = ''] = await made();
  expect((await bobs.responses.retrieve(id)).id).toBe(id);
});
