"""An index that several machines score: shards, each with some segments, and their router."""
