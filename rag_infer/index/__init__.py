"""An index on disk: immutable segments, and one visible step from generation to generation."""
