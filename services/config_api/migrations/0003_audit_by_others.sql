-- The profile API notes erasures and exports in the audit log, in the transaction that does them.
GRANT USAGE ON SCHEMA config TO inlet_profile_api;
GRANT EXECUTE ON FUNCTION config.append_audit(text, text, text, text, integer, text, jsonb, jsonb) TO inlet_profile_api;
