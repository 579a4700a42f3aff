/** What a route behind the limits refuses costs its caller more than what it grants. */
import { createPortalLinks } from '../../../src/links/signed-link';
import { createHoldBack } from '../../../src/api/limits/hold-back';
import type { Exchange } from '../../../src/api/limits/hold-back';
import { createRequestLimits } from '../../../src/api/limits/request-limits';
import { startTestApi } from '../../support/api/api';

const WEBHOOK = { STRIPE_WEBHOOK_SECRET: 'whsec_test' };

function exchange(): Exchange {
  const response = { setHeader: () => undefined };
  return { request: { headers: {} }, response } as unknown as Exchange;
}

function createLimits() {
  return createRequestLimits({
    ...{ settings: { LIMIT_READS_PER_SECOND: 1 }, countRefused: () => undefined },
    holdBack: createHoldBack(0),
  });
}

test('one refusal of a route takes what is left of a small share', async () => {
  const limits = createLimits();
  const granted = exchange();
  await limits.require('reads', 'ada', granted);
  expect(limits.isUsedUp('reads', 'ada')).toBe(false);
  limits.chargeRefusal('reads', 'ada', granted);
  expect(limits.isUsedUp('reads', 'ada')).toBe(true);
  expect(limits.isUsedUp('reads', 'bo')).toBe(false);
});

test('what was refused for its share alone is not charged again', async () => {
  const limits = createLimits();
  for (let count = 0; count < 10; count += 1) await limits.require('reads', 'ada', exchange());
  const refused = exchange();
  const wait = (one: Exchange) =>
    limits.require('reads', 'ada', one).catch((error) => error.detail.retryAfterSeconds);
  expect(await wait(refused)).toBe(1);
  limits.chargeRefusal('reads', 'ada', refused);
  expect(await wait(exchange())).toBe(1);
});

test('an address that opens a link again and again is turned away before its link is read', async () => {
  const api = await startTestApi({
    ...{ heldMs: 0, config: { ...WEBHOOK, LIMIT_VISITS_PER_SECOND: 1 } },
  });
  try {
    const expiresAt = new Date(Date.now() + 60_000);
    const token = createPortalLinks(WEBHOOK).sign({ subject: 'ada', expiresAt });
    const open = () => api.request(`/billing-portal?token=${token}`, { redirect: 'manual' });
    const answers: Response[] = [];
    while (answers.at(-1)?.status !== 429) answers.push(await open());
    expect(answers.at(-1)?.headers.get('content-type')).toContain('html');
    const next = await open();
    expect(next.status).toBe(429);
    expect(next.headers.get('ratelimit')).toContain('"visits";r=0');
    expect(next.headers.get('content-type')).toContain('application/problem+json');
  } finally {
    await api.close();
  }
});
