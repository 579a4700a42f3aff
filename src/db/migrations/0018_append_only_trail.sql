-- What was decided stays as it was written, whoever asks: not even the owner of the table changes an
-- entry by mistake. (An owner who means it can drop the trigger, and the chain of hashes tells.)

set local lock_timeout = '2s';

create function refuse_change_of_audit_entries() returns trigger language plpgsql as $$
begin
  raise exception 'audit_entries is append-only: % is refused', tg_op
    using errcode = 'insufficient_privilege',
          hint = 'Write a new entry that corrects the old one.';
end
$$;

create trigger audit_entries_append_only
  before update or delete or truncate on audit_entries
  for each statement execute function refuse_change_of_audit_entries();
