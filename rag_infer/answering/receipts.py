"""Receipts: all that is needed to check an answer, or to ask again and see what differs.

Knows: what a receipt holds, how two runs of a question are compared.
Does not know: how an answer is made or shown.

A receipt is JSON. It names passages by place and hash, and holds the answer with the quotes of its
claims; the prompt and the passages themselves are in it as hashes alone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag_infer.answering.options import AskOptions
from rag_infer.answering.pipeline import answer_question
from rag_infer.errors import InputError
from rag_infer.generate import fingerprint
from rag_infer.index.roots import path_of
from rag_infer.retrieve import Filter
from rag_infer.settings import OWN_TOOLS
from rag_infer.types import Answer

if TYPE_CHECKING:
    from rag_infer.answering.tool_registry import Given
    from rag_infer.engine import Engine

FORMAT = 1
_OPTIONS = (
    "top_k", "reranker", "schema", "max_tokens", "temperature", "top_p", "seed", "stop", "system",
    "history", "rewrite", "min_confidence", "verifier", "drop_unsupported",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is not as it was: ``what``, as the receipt has it and as it is now."""

    what: str
    then: str
    now: str


@dataclass(frozen=True, slots=True)
class Replay:
    """A question asked again. ``same``: the answer, its verdicts and its sources are as before."""

    answer_question: Answer
    same: bool
    differences: tuple[Difference, ...]


def receipt(engine: Engine, found: Answer, options: AskOptions) -> dict[str, Any]:
    """The receipt of an answer, as JSON types."""
    from importlib.metadata import version

    manifest = engine.snapshot.manifest
    chosen = asdict(options.filter)
    chosen["groups"] = None if options.filter.groups is None else sorted(options.filter.groups)
    made: dict[str, Any] = _json(
        {
            "receipt": FORMAT,
            "made": datetime.now(UTC).isoformat(timespec="seconds"),
            "rag_infer": version("rag-infer"),
            "question": found.question,
            "index": {
                "path": str(engine.path.resolve()),
                "generation": manifest.generation,
                "embedder": manifest.embedder.name,
                "embedder_fingerprint": manifest.embedder.fingerprint,
            },
            "options": {
                **{name: getattr(options, name) for name in _OPTIONS},
                "filter": chosen,
                "llm": _spec(options),
                "tools": [_name(tool) for tool in options.tools],
            },
            **_outcome(engine, found, options),
            "usage": asdict(found.usage),
        }
    )
    return made


def replay(kept: Mapping[str, Any], engine: Engine, options: AskOptions | None = None) -> Replay:
    """Asks the question of a receipt again and says what differs, files on disk included.

    ``options`` hands in what a receipt cannot hold: ``models`` (profiles with their servers), or a
    loaded ``generator``. Raises InputError for something that is no receipt; what asking raises.
    """
    given = options or AskOptions()
    asked = _options(kept, given)
    try:
        found = answer_question(engine, kept["question"], asked)
        now = receipt(engine, found, asked)
        differences = list(_compared(kept, now))
        differences += _files(kept, engine)
        same = all(kept[part] == now[part] for part in ("text", "claims", "answered"))
    except (KeyError, TypeError, AttributeError) as error:
        raise _no_receipt(str(error)) from error
    return Replay(found, same, tuple(differences))


def load(path: Path) -> dict[str, Any]:
    """The receipt in a file. Raises InputError when it is none."""
    try:
        kept = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", where=str(path)) from error
    except ValueError as error:
        raise InputError("is no receipt: it is no JSON", where=str(path)) from error
    if not isinstance(kept, dict) or kept.get("receipt") != FORMAT:
        raise InputError(
            "is no receipt that this version reads",
            where=str(path),
            hint='make one with: rag ask "..." --receipt FILE',
        )
    return kept


def _outcome(engine: Engine, found: Answer, options: AskOptions) -> dict[str, Any]:
    rows = {row.id: row for _, row in engine.snapshot.documents()}
    used = dict.fromkeys(h.chunk.document_id for h in found.hits)
    used |= dict.fromkeys(name for result in found.tool_results for name in result.documents)
    return {
        "model": {
            "name": found.model,
            "fingerprint": fingerprint(options.llm, options.model_profiles),
        },
        "passages": [
            {
                "document": h.chunk.document_id,
                "page": h.chunk.page_number,
                "start": h.chunk.start,
                "end": h.chunk.end,
                "sha256": _sha256(h.chunk.text),
            }
            for h in found.hits
        ],
        "documents": {name: rows[name].sha256 for name in used if name in rows},
        "prompt_sha256": None if found.context is None else _sha256(found.context.prompt),
        "answered": found.answered,
        "reason": found.reason,
        "text": found.text,
        "short": None if found.short_answer is None else asdict(found.short_answer),
        "claims": [asdict(claim) for claim in found.claims],
        "results": [
            {
                "tool": r.name,
                "arguments": r.arguments,
                "failed": r.is_error,
                "sha256": _sha256(r.text),
            }
            for r in found.tool_results
        ],
    }


def _name(given: Given) -> str:
    return (
        given
        if isinstance(given, str)
        else str(getattr(given, "name", None) or getattr(given, "__name__", "tool"))
    )


def _spec(options: AskOptions) -> str:
    chosen = options.llm
    return chosen if isinstance(chosen, str) else chosen.name


def _options(kept: Mapping[str, Any], given: AskOptions) -> AskOptions:
    try:
        stored = dict(kept["options"])
        chosen = dict(stored.pop("filter"))
        limits = Filter(
            paths=tuple(chosen["paths"]),
            formats=tuple(chosen["formats"]),
            metadata=dict(chosen["metadata"]),
            groups=None if chosen["groups"] is None else frozenset(chosen["groups"]),
            since=chosen["since"],
            until=chosen["until"],
        )
        generator = given.llm if not isinstance(given.llm, str) else stored["llm"]
        stored["stop"] = tuple(stored["stop"])
        # Other tools than our own cannot be had by their names alone.
        tools = given.tools or [n for n in stored.get("tools", ()) if n in OWN_TOOLS]
        return AskOptions(
            tools=tools,
            filter=limits,
            llm=generator,
            model_profiles=given.model_profiles,
            **{name: stored[name] for name in _OPTIONS if name != "rewrite" or name in stored},
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _no_receipt(str(error)) from error


def _compared(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[Difference]:
    told = []
    for what, get in (
        ("rag-infer", lambda r: r["rag_infer"]),
        ("generation of the index", lambda r: r["index"]["generation"]),
        ("embedder", lambda r: r["index"]["embedder_fingerprint"]),
        ("model", lambda r: (r["model"]["name"], r["model"]["fingerprint"])),
        ("prompt", lambda r: r["prompt_sha256"]),
        ("answer", lambda r: r["text"]),
        ("results of tools", lambda r: r.get("results", [])),
        ("verdicts", lambda r: [c["verdict"] for c in r["claims"]]),
    ):
        before, after = get(then), get(now)
        if before != after:
            told.append(Difference(what, _shown(before), _shown(after)))
    passages = [{_named(p) for p in r["passages"]} for r in (then, now)]
    gone, come = passages[0] - passages[1], passages[1] - passages[0]
    if gone or come:
        told.append(
            Difference("passages", f"{len(passages[0])}, of which {len(gone)} are gone",
                       f"{len(passages[1])}, of which {len(come)} are new")
        )  # fmt: skip
    return told


def _named(passage: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(passage[k] for k in ("document", "page", "start", "end", "sha256"))


def _files(kept: Mapping[str, Any], engine: Engine) -> list[Difference]:
    """Sources of the receipt that are not in the index as they were, or not so on disk."""
    told = []
    rows = {row.id: row for _, row in engine.snapshot.documents()}
    roots = engine.snapshot.manifest.roots
    for name, digest in kept["documents"].items():
        row = rows.get(name)
        if row is None:
            told.append(Difference(name, digest[:12], "no longer in the index"))
            continue
        if row.sha256 != digest:
            told.append(Difference(name, digest[:12], f"indexed again as {row.sha256[:12]}"))
        path = path_of(row.file, engine.path, roots)
        if path is None or not path.is_file():
            told.append(Difference(name, digest[:12], "its file is gone"))
            continue
        with path.open("rb") as file:
            on_disk = hashlib.file_digest(file, "sha256").hexdigest()
        if on_disk != row.sha256:
            told.append(Difference(name, digest[:12], "its file has changed since it was indexed"))
    return told


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text[:12] if len(text) == 64 and " " not in text else text


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _json(value: Any) -> Any:
    """As it will be read back: tuples become lists, keys text."""
    return json.loads(json.dumps(value, ensure_ascii=False, default=list))


def _no_receipt(why: str) -> InputError:
    return InputError(f"this is no whole receipt ({why})", hint="make one with: rag ask --receipt")
