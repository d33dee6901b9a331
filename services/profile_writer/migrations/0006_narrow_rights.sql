-- Rights no wider than what is done with them. The watermark of an erasure is set by profiles.erase() alone.
REVOKE INSERT, UPDATE ON profiles.profiles FROM inlet_profile_writer;
GRANT INSERT (environment_id, user_id, attributes, stamp, written_at, older, oldest) ON profiles.profiles
    TO inlet_profile_writer;
GRANT UPDATE (attributes, stamp, written_at, older, oldest) ON profiles.profiles TO inlet_profile_writer;

REVOKE UPDATE ON profiles.receipts FROM inlet_profile_writer;
GRANT UPDATE (revision, environment_id, state, failure, request_id, received_at, written_at, records, written, rejected,
    values_rejected, superseded, erased, unmapped, unmapped_others) ON profiles.receipts TO inlet_profile_writer;
REVOKE SELECT ON profiles.rejects, profiles.rejected_records FROM inlet_profile_writer;

REVOKE UPDATE ON profiles.history FROM inlet_profile_writer;
GRANT UPDATE (candidates) ON profiles.history TO inlet_profile_writer;

REVOKE UPDATE ON profiles.relay FROM inlet_profile_api;
GRANT UPDATE (feed, xid) ON profiles.relay TO inlet_profile_api;
