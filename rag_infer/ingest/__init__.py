"""From files and folders to a published generation of the index."""
