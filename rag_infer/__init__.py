"""rag-infer: ask your own documents, with citations to the exact words."""
