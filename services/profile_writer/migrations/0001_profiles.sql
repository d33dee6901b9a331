-- Profiles, receipts, rejects. Who may do what stands at the end.

-- An instant as 8 bytes that sort as time does: microseconds since 0001-01-01, as in a stamp (shared/contract/stamps.py).
CREATE FUNCTION profiles.instant(at timestamptz) RETURNS bytea
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN int8send((extract(epoch FROM at) * 1000000)::bigint + 62135596800000000);

-- One row a user and environment.
--   attributes  attribute id -> value; a null is a cleared attribute, which keeps its stamp
--   stamp       the newest stamp among the attributes, and that of every attribute that `older` does not name;
--               empty when there is no attribute
--   written_at  when the attributes with that stamp were written
--   older       attribute id -> stamp and time of writing, 48 bytes in hexadecimal, for attributes older than `stamp`
--   oldest      the first 16 bytes of the oldest stamp of the last write; it is how the write's guard sees, through
--               EXCLUDED, whether everything that was folded into this row is newer than what the row holds
--   erased_at   the watermark: nothing observed up to then counts
CREATE TABLE profiles.profiles (
    environment_id integer NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    attributes jsonb NOT NULL,
    stamp bytea NOT NULL,
    written_at timestamptz NOT NULL,
    older jsonb,
    oldest bytea NOT NULL,
    erased_at timestamptz,
    PRIMARY KEY (environment_id, user_id)
) WITH (fillfactor = 80);

-- One row a batch. Only `written` is final; replay turns `failed` into `written`, once.
CREATE TABLE profiles.receipts (
    day date NOT NULL,
    receipt bytea NOT NULL,
    integration_id integer NOT NULL,
    revision integer NOT NULL,
    environment_id integer NOT NULL,
    state text NOT NULL CHECK (state IN ('written', 'failed')),
    failure text,
    request_id text NOT NULL,
    received_at timestamptz NOT NULL,
    written_at timestamptz NOT NULL,
    records integer NOT NULL,
    written integer NOT NULL,
    rejected integer NOT NULL,
    values_rejected integer NOT NULL,
    superseded integer NOT NULL,
    erased integer NOT NULL,
    unmapped jsonb NOT NULL,
    unmapped_others integer NOT NULL,
    PRIMARY KEY (day, receipt),
    CHECK (records = written + rejected)
) PARTITION BY RANGE (day);

-- All rejects of a batch in one row: entries is [[index, property or null, code], ...].
CREATE TABLE profiles.rejects (
    day date NOT NULL,
    receipt bytea NOT NULL,
    entries jsonb NOT NULL,
    PRIMARY KEY (day, receipt)
) PARTITION BY RANGE (day);

-- The first rejected records of a batch as they were sent, found by user so that an erasure takes them along.
CREATE TABLE profiles.rejected_records (
    day date NOT NULL,
    receipt bytea NOT NULL,
    index integer NOT NULL,
    environment_id integer NOT NULL,
    user_id text COLLATE "C",
    record bytea NOT NULL,
    PRIMARY KEY (day, receipt, index)
) PARTITION BY RANGE (day);
CREATE INDEX ON profiles.rejected_records (environment_id, user_id);

-- Makes the three partitions of a day. A partition is attached rather than created in place, because that does not
-- wait for the writes under way.
CREATE FUNCTION profiles.ensure_day(day date) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    parent text;
    part text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('inlet.partitions'));
    FOREACH parent IN ARRAY ARRAY['receipts', 'rejects', 'rejected_records'] LOOP
        part := parent || to_char(day, '"_"YYYYMMDD');
        CONTINUE WHEN to_regclass(format('profiles.%I', part)) IS NOT NULL;
        EXECUTE format('CREATE TABLE profiles.%I (LIKE profiles.%I INCLUDING ALL)', part, parent);
        EXECUTE format('ALTER TABLE profiles.%I ATTACH PARTITION profiles.%I FOR VALUES FROM (%L) TO (%L)',
                       parent, part, day, day + 1);
    END LOOP;
END $$;

-- Drops the partitions of all days before `day`; returns how many tables went.
CREATE FUNCTION profiles.drop_before(day date) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    part text;
    dropped integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('inlet.partitions'));
    FOR part IN
        SELECT child.relname
        FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid JOIN pg_class parent ON parent.oid = inhparent
        WHERE parent.relnamespace = 'profiles'::regnamespace
          AND parent.relname IN ('receipts', 'rejects', 'rejected_records')
          AND parent.relkind = 'p'
          AND to_date(right(child.relname, 8), 'YYYYMMDD') < day
        ORDER BY child.relname
    LOOP
        EXECUTE format('DROP TABLE profiles.%I', part);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END $$;

-- Erasure: everything observed up to `at` goes, and nothing observed up to then will ever count again.
CREATE FUNCTION profiles.erase(environment integer, erased_user text, at timestamptz) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
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
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA profiles FROM PUBLIC;
GRANT USAGE ON SCHEMA profiles TO inlet_profile_writer;
GRANT SELECT, INSERT, UPDATE ON profiles.profiles, profiles.receipts TO inlet_profile_writer;
GRANT SELECT, INSERT ON profiles.rejects, profiles.rejected_records TO inlet_profile_writer;
GRANT EXECUTE ON FUNCTION
    profiles.instant(timestamptz), profiles.ensure_day(date), profiles.drop_before(date) TO inlet_profile_writer;
