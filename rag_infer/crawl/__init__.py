"""Web pages as files: fetched within bounds, politely, from addresses that were checked."""
