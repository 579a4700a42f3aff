-- Keys that are issued for one customer, and read and write nothing of others.

alter table api_keys
  -- null: every customer's.
  add column customer text references customers (customer),
  add constraint api_keys_admin_is_unbound
    check (customer is null or not ('admin' = any (scopes))),
  -- Who calls models through us has to be somebody's.
  add constraint api_keys_proxy_is_bound
    check (customer is not null or not ('proxy' = any (scopes)));
