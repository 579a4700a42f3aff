-- Reports waited too long where customers were so close, which the pace nears by halves from then on.
-- 0: nobody has seen that.
alter table report_pace add column too_close_ms float8 not null default 0;
