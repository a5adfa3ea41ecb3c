"""Jobs that index files into a bucket: planned, mapped over workers, committed once."""
