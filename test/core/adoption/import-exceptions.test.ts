/** Goal: an import that nobody waits for any more is told with what is wrong and since when. */
import { importException } from '../../../src/core/adoption/import-exceptions';

const settledAt = new Date('2026-01-20T10:00:00Z');
const edge = new Date('2026-02-01T00:00:00Z');
const waiting = { subscription: 'sub_ada', refusal: null, settledAt };

test('one that was refused says why, and that nothing of it is billed', () => {
  const refused = { ...waiting, refusal: 'taxed: it has tax rates', billsFrom: edge };
  expect(importException(refused)).toEqual({
    ...{ kind: 'import_refused', subject: 'sub_ada', since: settledAt.getTime() },
    message:
      'taxed: it has tax rates. Until it is imported again it is observed, and not billed by us.',
  });
});

test('one that is overdue says from when on it was to be billed, and what may keep it', () => {
  expect(importException({ ...waiting, billsFrom: edge })).toEqual({
    ...{ kind: 'import_overdue', subject: 'sub_ada', since: edge.getTime() },
    message:
      'It was to be billed from 2026-02-01T00:00:00Z on, and is not taken over yet: the invoice of ' +
      'that renewal has not left, or no worker runs.',
  });
});

test('one that was to be billed at once is overdue since it was told so', () => {
  const { since, message } = importException({ ...waiting, billsFrom: null });
  expect(since).toBe(settledAt.getTime());
  expect(message).toContain('from 2026-01-20T10:00:00Z on');
});
