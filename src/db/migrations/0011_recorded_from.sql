-- When the earliest usage event of a batch was recorded. What was recorded before its invoice was
-- finalized is not written off because it was sealed, or counted, later. Null: of release 0.1.0.

alter table usage_batches add column recorded_from timestamptz;
