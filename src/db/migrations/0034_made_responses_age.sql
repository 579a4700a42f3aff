-- Statement by statement: calls of models go on while the index is built.

-- What an attempt left behind that was ended; it is not in use.
do $$
begin
  perform set_config('lock_timeout', '2s', true);
  if exists (select from pg_index where indexrelid = to_regclass('made_responses_age')
                and not indisvalid) then
    drop index made_responses_age;
  end if;
end $$;

-- Each response that is noted clears away some that the provider has forgotten.
create index concurrently if not exists made_responses_age on made_responses (made_at);
