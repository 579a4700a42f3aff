/** Usage of customers on test clocks needs the clock's time, which only Stripe has. */
import { startTestApi } from '../../support/api/api';

let isAway = true;
const now = async () => {
  if (isAway) throw new Error('connect ECONNREFUSED');
  return new Date();
};

test("while Stripe is away usage on its clocks is to be sent again, and others' is taken", async () => {
  const api = await startTestApi({ clocks: { now } });
  try {
    await api.addCustomer('ada');
    await api.addCustomer('timed', 'clock_1');
    const send = async (customer: string) => {
      const response = await api.postUsage({
        ...{ id: 'call-1', customer, model: 'gpt-4o-mini', tokens: { input: 5 } },
      });
      const { code } = (await response.json()) as { code?: string };
      return { status: response.status, code };
    };
    expect(await send('timed')).toEqual({ status: 502, code: 'stripe_error' });
    expect((await send('ada')).status).toBe(202);
    isAway = false;
    expect((await send('timed')).status).toBe(202);
  } finally {
    await api.close();
  }
});
