"""Languages and scripts of texts: which they are written in, by code (ISO 639-1, else 639-3)."""

from rag_infer.languages.detection import (
    ENGLISH,
    UNDETERMINED,
    detect_language,
    language_probabilities,
    passage_languages,
)
from rag_infer.languages.scripts import main_script, script_counts, scripts_of

__all__ = [
    "ENGLISH",
    "UNDETERMINED",
    "detect_language",
    "language_probabilities",
    "main_script",
    "passage_languages",
    "script_counts",
    "scripts_of",
]
