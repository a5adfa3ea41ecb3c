"""Indexes in buckets: pushed, pulled, read through a cache on this machine, cleaned up."""
