"""All of Inlet in one process, on a PostgreSQL of its own: `python -m services up`, which `make run` runs."""
