-- Profiles in use: who changed, what lost, and erasure over the profile API.

-- Who changed: one row a write and environment, in the transaction that changed them. Read in the order of their
-- transactions, and only below the oldest that is still running, no late commit is ever passed by.
CREATE TABLE profiles.changes (
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    environment_id integer NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    users json NOT NULL -- user IDs
);
-- Not unique: in a database that was restored elsewhere, transactions are counted anew.
CREATE INDEX ON profiles.changes (environment_id, xid);
CREATE INDEX ON profiles.changes (changed_at);

-- Up to which transaction changes have been dropped: whoever has not read so far has missed some. One that this server
-- has not come to is another server's, from which this database was restored: it says nothing here.
CREATE TABLE profiles.changes_dropped (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    xid xid8 NOT NULL
);
INSERT INTO profiles.changes_dropped (xid) VALUES ('0');

-- Drops some of the changes from before `before`; returns how many.
CREATE FUNCTION profiles.drop_changes(before timestamptz, most integer) RETURNS integer
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    BEGIN ATOMIC
        WITH old AS (
            SELECT ctid FROM profiles.changes WHERE changed_at < before
            ORDER BY changed_at LIMIT most FOR UPDATE SKIP LOCKED
        ), dropped AS (
            DELETE FROM profiles.changes WHERE ctid IN (SELECT ctid FROM old) RETURNING xid
        ), noted AS (
            UPDATE profiles.changes_dropped d SET xid = (
                SELECT max(each.xid) FROM (SELECT d.xid UNION ALL SELECT xid FROM dropped UNION ALL SELECT '0') AS each
                WHERE each.xid < pg_snapshot_xmin(pg_current_snapshot()))
            WHERE EXISTS (SELECT FROM dropped)
        )
        SELECT count(*)::integer FROM dropped;
    END;

-- What lost lately, for the environments that keep it: JSON, a list of [stamp and time of writing in hexadecimal, code of
-- its reject or null, {attribute id: value}], the latest first, five at most of each attribute. Text, because nobody
-- looks into it here, and because what was refused need not be what jsonb takes.
CREATE TABLE profiles.history (
    environment_id integer NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    candidates text NOT NULL,
    PRIMARY KEY (environment_id, user_id)
);

-- What stands for a user in the advisory locks of `rejected_records`: exclusive while they are erased, shared while a raw
-- record of theirs is kept. Many users share one of 256, because a server has room for so many locks only.
CREATE FUNCTION profiles.person(environment integer, user_id text) RETURNS integer
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (hashtextextended(user_id COLLATE "C", environment) & 255)::integer;

-- Everything observed up to `at` goes, and nothing observed up to then will ever count again. An erasure waits for writes
-- that keep a raw record of the same user, and they for it: neither sees what the other has not committed, and a record
-- of somebody erased would stay.
CREATE OR REPLACE FUNCTION profiles.erase(environment integer, erased_user text, at timestamptz) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(
        'profiles.rejected_records'::regclass::oid::integer, profiles.person(environment, erased_user));
    INSERT INTO profiles.profiles AS p
        (environment_id, user_id, attributes, stamp, written_at, older, oldest, erased_at)
    VALUES (environment, erased_user, '{}', '', at, NULL, '', at)
    ON CONFLICT (environment_id, user_id) DO UPDATE SET
        attributes = (
            SELECT coalesce(jsonb_object_agg(key, value), '{}') FROM jsonb_each(p.attributes)
            WHERE substr(coalesce(decode(p.older ->> key, 'hex'), p.stamp), 1, 8) > profiles.instant(at)),
        older = (
            SELECT jsonb_object_agg(key, value) FROM jsonb_each(p.older)
            WHERE substr(decode(value #>> '{}', 'hex'), 1, 8) > profiles.instant(at)),
        stamp = CASE WHEN substr(p.stamp, 1, 8) > profiles.instant(at) THEN p.stamp ELSE '' END,
        erased_at = greatest(p.erased_at, at);
    DELETE FROM profiles.rejected_records r WHERE r.environment_id = environment AND r.user_id = erased_user;
    DELETE FROM profiles.history h WHERE h.environment_id = environment AND h.user_id = erased_user;
    INSERT INTO profiles.changes (environment_id, users) VALUES (environment, json_build_array(erased_user));
END $$;

REVOKE ALL ON FUNCTION profiles.drop_changes(timestamptz, integer), profiles.person(integer, text) FROM PUBLIC;
GRANT INSERT ON profiles.changes TO inlet_profile_writer;
GRANT EXECUTE ON FUNCTION profiles.drop_changes(timestamptz, integer) TO inlet_profile_writer;
GRANT SELECT ON profiles.changes, profiles.changes_dropped TO inlet_profile_api;
GRANT EXECUTE ON FUNCTION profiles.person(integer, text) TO inlet_profile_writer;
GRANT EXECUTE ON FUNCTION profiles.erase(integer, text, timestamptz) TO inlet_profile_api;
GRANT SELECT, INSERT, UPDATE ON profiles.history TO inlet_profile_writer;
GRANT SELECT ON profiles.history TO inlet_profile_api;
