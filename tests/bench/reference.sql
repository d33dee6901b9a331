-- A plain good upsert, against which the writer's merge is held: one array a column, sorted keys, attributes merged,
-- order kept per row. It is not to be tuned when the merge is, and the merge may not fall below 0.7 of it.
INSERT INTO reference AS r (environment_id, user_id, attributes, version)
SELECT environment_id, user_id, attributes, version
FROM unnest($1::integer[], $2::text[], $3::jsonb[], $4::bigint[]) AS new (environment_id, user_id, attributes, version)
ON CONFLICT (environment_id, user_id) DO UPDATE SET
    attributes = r.attributes || EXCLUDED.attributes,
    version = EXCLUDED.version
WHERE r.version < EXCLUDED.version
