"""Definitions as a file: exported from the config API, compared with it, applied to it."""
