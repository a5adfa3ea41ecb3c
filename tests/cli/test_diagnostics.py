"""``rag doctor`` checks what the index in use needs."""

from dataclasses import replace
from pathlib import Path

from rag_infer import Index
from rag_infer.cli.diagnostics import run_checks
from rag_infer.settings import Settings

GERMAN = (
    "Die Nachtruhe beginnt um 22 Uhr. Die Miete ist am dritten Werktag des Monats fällig. "
    "Haustiere sind nach Absprache mit der Hausverwaltung erlaubt."
)


def test_the_command_that_helps_names_the_index(tmp_path: Path) -> None:
    place = tmp_path / "my index"
    Index.open(place, create=True).add_text(GERMAN, id="hausordnung")
    findings = {f.subject: f for f in run_checks(replace(Settings(), index=str(place)))}
    assert findings["embedder"].state == "ok"
    message = findings["index"].message
    assert message.endswith(f"See: rag reindex -i '{place}' --embedder multilingual")


def test_the_embedder_of_the_index_is_checked(tmp_path: Path) -> None:
    place = tmp_path / "index"
    Index.open(place, create=True, embedder=lambda texts: [[1.0, 0.0]] * len(texts)).add_text(
        "The depot opens at 7:30.", id="depot"
    )
    findings = {f.subject: f for f in run_checks(replace(Settings(), index=str(place)))}
    assert findings["embedder"].state == "ok"  # that of the package: the other is the caller's
