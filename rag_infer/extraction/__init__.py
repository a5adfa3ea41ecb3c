"""Fields of documents as a table: one row a document, a citation for each cell."""
