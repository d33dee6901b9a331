"""The command that sends a file: rows read, posted in batches, and what became of them."""
