/** Statements are shown without what somebody wrote into them. */
import { withoutLiterals } from '../../src/db/without-literals';

test.each([
  [`update t set a = 'it''s', b = 12.5 where id = 7`, 'update t set a = ?, b = ? where id = ?'],
  [`insert into t values ('cut off in the mid`, 'insert into t values (?'],
  [`select E'a\\'b', $1, t2.c from t2`, 'select ?, $1, t2.c from t2'],
  [`do $$ begin perform 'x'; end $$`, 'do ?'],
  [`select 1 -- ada@example.com\n from t /* bob */`, 'select ? from t'],
  [`set a = 'x--', b = 'c:\\', d = 'mine'`, 'set a = ?, b = ?, d = ?'],
  [`select "it's", 'mine' -- it's\n, 'too'`, `select "it's", ? , ?`],
  ['copy usage_events  from stdin', 'copy usage_events from stdin'],
  ['x'.repeat(200), 'x'.repeat(120)],
])('%s is shown without what is written in it', (statement, shown) => {
  expect(withoutLiterals(statement)).toBe(shown);
});
