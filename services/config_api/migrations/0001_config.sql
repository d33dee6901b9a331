-- What admins define. Ids are never reused; keys never change; names may.

-- Every change takes the one row of this table first: changes come one after the other, and each has a number, which
-- is the version of the snapshot that shows it.
CREATE TABLE config.version (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    number integer NOT NULL,
    database uuid NOT NULL DEFAULT gen_random_uuid() -- tells the numbers of one database from those of another
);
INSERT INTO config.version (number) VALUES (1);

CREATE TABLE config.systems (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key text NOT NULL UNIQUE,
    name text NOT NULL,
    version integer NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE config.environments (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    system integer NOT NULL REFERENCES config.systems,
    key text NOT NULL,
    name text NOT NULL,
    version integer NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (system, key)
);

-- A deleted attribute keeps its row: profiles hold its id.
CREATE TABLE config.attributes (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    system integer NOT NULL REFERENCES config.systems,
    key text NOT NULL,
    name text NOT NULL,
    type text NOT NULL CHECK (type IN ('String', 'Number', 'Date')),
    deleted boolean NOT NULL DEFAULT false,
    version integer NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX ON config.attributes (system, key) WHERE NOT deleted;
CREATE UNIQUE INDEX ON config.attributes (system, name) WHERE NOT deleted;

-- `state_before` is the state that a restore brings back.
CREATE TABLE config.integrations (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    system integer NOT NULL REFERENCES config.systems,
    environment integer NOT NULL REFERENCES config.environments,
    name text NOT NULL,
    state text NOT NULL CHECK (state IN ('draft', 'active', 'paused', 'deleted')),
    state_before text CHECK (state_before IN ('draft', 'active', 'paused')),
    revision integer NOT NULL,
    version integer NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((state = 'deleted') = (state_before IS NOT NULL))
);
CREATE UNIQUE INDEX ON config.integrations (environment, name) WHERE state <> 'deleted';

-- Every state that an integration's mapping was ever in: immutable.
CREATE TABLE config.revisions (
    integration integer NOT NULL REFERENCES config.integrations,
    number integer NOT NULL,
    mapping jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by text NOT NULL,
    PRIMARY KEY (integration, number)
);

CREATE TABLE config.access_tokens (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    scopes text[] NOT NULL,
    systems integer[],
    records_per_s integer,
    expires_at timestamptz,
    revoked_at timestamptz,
    version integer NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

-- What is kept of tokens: their SHA-256, of an access token or of an integration. Rotation gives the former secret an
-- end and adds a new one; both live until then.
CREATE TABLE config.secrets (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    access_token integer REFERENCES config.access_tokens,
    integration integer REFERENCES config.integrations,
    sha256 text NOT NULL UNIQUE,
    hint text NOT NULL, -- the token's last four characters, part of its checksum
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    revoked_at timestamptz,
    last_used_at timestamptz,
    CHECK (num_nonnulls(access_token, integration) = 1)
);
CREATE INDEX ON config.secrets (access_token);
CREATE INDEX ON config.secrets (integration);

CREATE TABLE config.users (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    sign_in_name text NOT NULL UNIQUE, -- without the difference of case, which lower() tells by the database's locale
    password_hash text NOT NULL,
    role text NOT NULL CHECK (role IN ('viewer', 'editor', 'admin')),
    systems integer[],
    disabled boolean NOT NULL DEFAULT false,
    sessions_not_before timestamptz NOT NULL DEFAULT '1970-01-01Z',
    version integer NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

-- Sessions that were signed out before their end; forgotten once they would have ended anyway.
CREATE TABLE config.ended_sessions (
    id text PRIMARY KEY,
    ends_at timestamptz NOT NULL
);

-- Who changed what: written by append_audit() alone, never changed.
CREATE TABLE config.audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor text NOT NULL,
    action text NOT NULL,
    kind text NOT NULL,
    object text NOT NULL,
    system integer,
    request_id text NOT NULL,
    before jsonb,
    after jsonb
);
CREATE INDEX ON config.audit (kind, object, id);

CREATE FUNCTION config.append_audit(
    actor text, action text, kind text, object text, system integer, request_id text, before jsonb, after jsonb)
    RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    BEGIN ATOMIC
        INSERT INTO config.audit (actor, action, kind, object, system, request_id, before, after)
        VALUES (actor, action, kind, object, system, request_id, before, after);
    END;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA config FROM PUBLIC;
GRANT USAGE ON SCHEMA config TO inlet_config_api;
GRANT SELECT ON ALL TABLES IN SCHEMA config TO inlet_config_api;
GRANT UPDATE (number) ON config.version TO inlet_config_api;
GRANT INSERT ON config.systems, config.environments, config.attributes, config.integrations TO inlet_config_api;
GRANT UPDATE (name, version, updated_at) ON config.systems, config.environments TO inlet_config_api;
GRANT UPDATE (name, deleted, version, updated_at) ON config.attributes TO inlet_config_api;
GRANT UPDATE (name, state, state_before, revision, version, updated_at) ON config.integrations TO inlet_config_api;
GRANT INSERT, UPDATE ON config.access_tokens, config.secrets, config.users TO inlet_config_api;
GRANT INSERT ON config.revisions TO inlet_config_api;
GRANT INSERT, DELETE ON config.ended_sessions TO inlet_config_api;
GRANT EXECUTE ON FUNCTION config.append_audit(text, text, text, text, integer, text, jsonb, jsonb) TO inlet_config_api;
