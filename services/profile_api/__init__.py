"""Reads what became of what was sent: profiles and receipts. Owns nothing and writes nothing."""
