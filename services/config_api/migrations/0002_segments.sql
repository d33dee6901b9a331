-- Segments: named conditions over the attributes of a system, for the profiles of one of its environments.
-- `condition` is a tree in the format of shared/contract/conditions.py.
CREATE TABLE config.segments (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    system integer NOT NULL REFERENCES config.systems,
    environment integer NOT NULL REFERENCES config.environments,
    key text NOT NULL,
    name text NOT NULL,
    condition jsonb NOT NULL,
    version integer NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (environment, key),
    UNIQUE (environment, name)
);
CREATE INDEX ON config.segments (system);

GRANT SELECT, INSERT, DELETE ON config.segments TO inlet_config_api;
GRANT UPDATE (name, condition, version, updated_at) ON config.segments TO inlet_config_api;
