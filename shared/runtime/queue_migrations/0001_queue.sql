-- The queues of an Inlet that has no broker beside its database.

CREATE SEQUENCE queue.consumers AS integer CYCLE;

-- A message waits while `consumer` is null. A consumer holds the advisory lock (5190, its number) as long as its session
-- lives; what a dead one has taken goes back.
CREATE TABLE queue.messages (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    queue text NOT NULL,
    body bytea NOT NULL,
    headers jsonb NOT NULL,
    size integer NOT NULL GENERATED ALWAYS AS (octet_length(body)) STORED,
    deliveries integer NOT NULL DEFAULT 0,
    consumer integer,
    published_at timestamptz NOT NULL DEFAULT now()
);
-- Bodies are packed already as far as it pays; what is compressed again costs more than it saves.
ALTER TABLE queue.messages ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE INDEX ON queue.messages (queue, id) WHERE consumer IS NULL;
CREATE INDEX ON queue.messages (consumer) WHERE consumer IS NOT NULL;

GRANT USAGE ON SCHEMA queue TO inlet_queue;
GRANT USAGE ON SEQUENCE queue.consumers TO inlet_queue;
GRANT SELECT, INSERT, UPDATE, DELETE ON queue.messages TO inlet_queue;
