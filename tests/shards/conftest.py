"""Small real indexes, as in the tests of the index."""

from tests.index.conftest import fill

__all__ = ["fill"]
