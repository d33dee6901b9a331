"""Turns raw batches into typed rows, by the revision they were accepted under."""
