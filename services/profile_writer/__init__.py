"""Merges typed rows into profiles, in order, and writes the receipts."""
