-- The profile API reads everything of this schema and writes nothing.
GRANT USAGE ON SCHEMA profiles TO inlet_profile_api;
GRANT SELECT ON profiles.profiles, profiles.receipts, profiles.rejects, profiles.rejected_records TO inlet_profile_api;
GRANT EXECUTE ON FUNCTION profiles.instant(timestamptz) TO inlet_profile_api;
