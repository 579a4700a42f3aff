-- The key of usage events is customer and id, by the index that is there: nothing is read or
-- written but the catalog. Whoever records usage waits two seconds at most for those who read it;
-- then this is given up, and tried again (src/db/migrate.ts).
set local lock_timeout = '2s';
lock table usage_events, usage_quarantine in access exclusive mode;
alter table usage_quarantine drop constraint usage_quarantine_id_fkey,
                             drop constraint usage_quarantine_pkey,
                             add primary key (customer, id);
alter table usage_events drop constraint usage_events_pkey,
                         add constraint usage_events_pkey
                             primary key using index usage_events_customer_id;
-- Some rows at most are set aside.
alter table usage_quarantine
  add foreign key (customer, id) references usage_events (customer, id);
