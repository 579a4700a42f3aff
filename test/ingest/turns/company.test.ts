/** Whether somebody else was there within the last second. */
import fc from 'fast-check';
import { createCompany } from '../../../src/ingest/turns/company';

test('whoever comes alone is alone, however often', () => {
  const company = createCompany();
  for (const ms of [0, 10, 20]) company.note('ada', ms);
  expect(company.hasOthers('ada', 30)).toBe(false);
  expect(company.hasOthers('bo', 30)).toBe(true);
});

test('it is told as if everybody who came were remembered', () => {
  const visits = fc.array(
    fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.integer({ max: 700, min: 0 })),
  );
  fc.assert(
    fc.property(visits, fc.constantFrom('a', 'b', 'c'), (steps, owner) => {
      const company = createCompany();
      let nowMs = 0;
      const seen = steps.map(([name, waitMs]) => {
        nowMs += waitMs;
        company.note(name, nowMs);
        return { name, atMs: nowMs };
      });
      const others = seen.filter(({ name, atMs }) => name !== owner && nowMs - atMs < 1_000);
      expect(company.hasOthers(owner, nowMs)).toBe(others.length > 0);
    }),
  );
});
