/** Goal: a month is one partition, and what is none is not taken for one. */
import { monthOfPartition, partitionOfMonth } from '../../../src/core/archive/archive-month';

test.each(['2026-01', '1999-12', 'first'])(
  '%s is a partition, by whose name it is known',
  (month) => {
    expect(monthOfPartition(partitionOfMonth(month) ?? '')).toBe(month);
  },
);

test.each(['2026-13', '2026-1', '2026_01', 'usage_events_2026_01', 'last', "2026-01'"])(
  '%s is none',
  (month) => expect(partitionOfMonth(month)).toBeUndefined(),
);
