"""Owns the definitions: who sends what where, what becomes of it, and who may do and see it."""
