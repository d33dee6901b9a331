CREATE TABLE reference (
    environment_id integer NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    attributes jsonb NOT NULL,
    version bigint NOT NULL,
    PRIMARY KEY (environment_id, user_id)
) WITH (fillfactor = 80);
