"""Questions that compare what documents say."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag_infer import Index

FILES = {
    "House_rules_Porto.md": "# House rules\n\n## Lending\n\nThings are lent for three weeks.\n",
    "House_rules_Graz.md": "# House rules\n\n## Lending\n\nThings are lent for ten days.\n",
    "House_rules_Turin.md": "# House rules\n\n## Lending\n\nThings are lent for two months.\n",
    "House_rules_Port_Tallow.md": "# House rules\n\n## Lending\n\nThings are lent for a year.\n",
    "House_rules_Split.md": "# House rules\n\n## Smoking\n\nNobody smokes here.\n",
}


@pytest.mark.parametrize(
    ("question", "verdict", "cited"),
    [
        ("Where is the lending longer, in Porto or in Graz?", "Porto", ["Porto", "Graz"]),
        (
            "Which lending is the shortest, Turin, Porto or Graz?",
            "Graz",
            ["Turin", "Porto", "Graz"],
        ),
        (
            "Is the lending longer in Port Tallow or in Graz?",
            "Port Tallow",
            ["Port_Tallow", "Graz"],
        ),
        ("Is the lending in Turin longer than in Porto?", "Yes", ["Turin", "Porto"]),
        ("Is the lending in Graz longer than in Porto?", "No", ["Graz", "Porto"]),
    ],
)
def test_each_side_is_cited_and_numbers_are_compared(
    index: Index, question: str, verdict: str, cited: list[str]
) -> None:
    answer = index.ask(question)
    assert answer.short_text == verdict
    stems = [Path(c.span.document_id).stem for c in answer.citations]
    assert [stem.removeprefix("House_rules_") for stem in stems] == cited


def test_a_side_without_a_value_is_not_compared(index: Index) -> None:
    answer = index.ask("Where is the lending longer, in Porto or in Split?")
    assert answer.short_text is None
