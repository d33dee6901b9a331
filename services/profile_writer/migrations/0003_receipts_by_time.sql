-- Receipts of an integration by time: their list, and the counters of each minute.
CREATE INDEX ON profiles.receipts (integration_id, received_at DESC, receipt DESC);
-- The few that failed are looked for among very many.
CREATE INDEX ON profiles.receipts (integration_id, received_at DESC, receipt DESC) WHERE state = 'failed';
