-- How far the changes have been published to RabbitMQ, and of which server's transactions that is said.
CREATE TABLE profiles.relay (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    feed text NOT NULL DEFAULT '',
    xid xid8 NOT NULL DEFAULT '0'
);
INSERT INTO profiles.relay DEFAULT VALUES;
GRANT SELECT, UPDATE ON profiles.relay TO inlet_profile_api;
