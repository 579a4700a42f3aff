-- The request that a row came with, as W3C's traceparent; only while it is traced.
alter table usage_events add column traceparent text;
-- Some of those of the batch's usage events, newest first.
alter table usage_batches add column traceparents text[];
alter table stripe_events add column traceparent text;
