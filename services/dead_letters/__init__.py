"""The command that lists, shows, replays and drops dead letters."""
