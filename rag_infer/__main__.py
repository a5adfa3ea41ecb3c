"""``python -m rag_infer``: the command ``rag``."""

from rag_infer.cli import main

main()
