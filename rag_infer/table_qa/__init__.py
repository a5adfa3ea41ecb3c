"""Questions about tables: parsed, computed in SQL, cited by row."""
