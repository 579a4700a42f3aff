-- Transactions below the horizon that were open when sealing passed them: theirs alone is not sealed.
-- Empty, it is what it was before; a worker of the release before moves the horizon and leaves it.

alter table sealing_state add column passed_over xid8[] not null default '{}';
