-- Whether what loses in an environment is kept for a while, so that a value can be explained. It costs the writer time.
ALTER TABLE config.environments ADD COLUMN history boolean NOT NULL DEFAULT false;
GRANT UPDATE (history) ON config.environments TO inlet_config_api;
