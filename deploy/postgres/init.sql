-- Runs once, on an empty volume: the owner of Inlet's database. It is no superuser; `migrate` works as this role.
\getenv password INLET_OWNER_PASSWORD
CREATE ROLE inlet LOGIN CREATEROLE PASSWORD :'password';
CREATE DATABASE inlet OWNER inlet;
