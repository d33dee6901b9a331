-- Rights no wider than what is done with them: what was issued, to whom and when, is never changed.
REVOKE UPDATE ON config.access_tokens, config.secrets, config.users FROM inlet_config_api;
GRANT UPDATE (name, scopes, systems, records_per_s, expires_at, revoked_at, version, updated_at)
    ON config.access_tokens TO inlet_config_api;
GRANT UPDATE (expires_at, revoked_at, last_used_at) ON config.secrets TO inlet_config_api;
GRANT UPDATE (password_hash, role, systems, disabled, sessions_not_before, version, updated_at)
    ON config.users TO inlet_config_api;
