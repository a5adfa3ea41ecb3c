"""Shards and their router."""
