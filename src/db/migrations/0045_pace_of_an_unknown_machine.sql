-- A machine that nobody has measured yet is taken for a small one: from 40 ms a customer the pace
-- nears what it can do within minutes, and from 0 all work waited until it was found out.
alter table report_pace alter column ms_per_customer set default 40;
-- `claimed_until`: customers were leased up to this moment of the pace that all workers share.
alter table report_pace add column claimed_until timestamptz, add column decided_wait_ms float8;
update report_pace set ms_per_customer = 40 where decided_at is null and ms_per_customer = 0;
