"""Receipts: all that is needed to check an answer, or to ask again and see what differs.

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
    from rag_infer.answering.tool_registry import ToolSpec
    from rag_infer.engine import Engine

FORMAT = 1
_STORED_OPTIONS = (
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

    answer: Answer
    same: bool
    differences: tuple[Difference, ...]


def receipt(engine: Engine, answer: Answer, options: AskOptions) -> dict[str, Any]:
    """The receipt of an answer, as JSON types."""
    from importlib.metadata import version

    manifest = engine.snapshot.manifest
    filter_fields = asdict(options.filter)
    filter_fields["groups"] = (
        None if options.filter.groups is None else sorted(options.filter.groups)
    )
    result: dict[str, Any] = _json(
        {
            "receipt": FORMAT,
            "made": datetime.now(UTC).isoformat(timespec="seconds"),
            "rag_infer": version("rag-infer"),
            "question": answer.question,
            "index": {
                "path": str(engine.path.resolve()),
                "generation": manifest.generation,
                "embedder": manifest.embedder.name,
                "embedder_fingerprint": manifest.embedder.fingerprint,
            },
            "options": {
                **{name: getattr(options, name) for name in _STORED_OPTIONS},
                "filter": filter_fields,
                "llm": _spec(options),
                "tools": [_name(tool) for tool in options.tools],
            },
            **_result_fields(engine, answer, options),
            "usage": asdict(answer.usage),
        }
    )
    return result


def replay(stored: Mapping[str, Any], engine: Engine, options: AskOptions | None = None) -> Replay:
    """Asks the question of a receipt again and says what differs, files on disk included.

    ``options`` hands in what a receipt cannot hold: ``models`` (profiles with their servers), or a
    loaded ``generator``. Raises InputError for something that is no receipt; what asking raises.
    """
    overrides = options or AskOptions()
    ask_options = _options(stored, overrides)
    try:
        answer = answer_question(engine, stored["question"], ask_options)
        current = receipt(engine, answer, ask_options)
        differences = list(_compare(stored, current))
        differences += _file_differences(stored, engine)
        same = all(stored[part] == current[part] for part in ("text", "claims", "answered"))
    except (KeyError, TypeError, AttributeError) as error:
        raise _invalid_receipt(str(error)) from error
    return Replay(answer, same, tuple(differences))


def load(path: Path) -> dict[str, Any]:
    """The receipt in a file. Raises InputError when it is none."""
    try:
        receipt_fields = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", where=str(path)) from error
    except ValueError as error:
        raise InputError("is no receipt: it is no JSON", where=str(path)) from error
    if not isinstance(receipt_fields, dict) or receipt_fields.get("receipt") != FORMAT:
        raise InputError(
            "is no receipt that this version reads",
            where=str(path),
            hint='make one with: rag ask "..." --receipt FILE',
        )
    return receipt_fields


def _result_fields(engine: Engine, answer: Answer, options: AskOptions) -> dict[str, Any]:
    rows = {row.id: row for _, row in engine.snapshot.documents()}
    document_ids = dict.fromkeys(h.chunk.document_id for h in answer.hits)
    document_ids |= dict.fromkeys(
        name for result in answer.tool_results for name in result.documents
    )
    return {
        "model": {
            "name": answer.model,
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
            for h in answer.hits
        ],
        "documents": {name: rows[name].sha256 for name in document_ids if name in rows},
        "prompt_sha256": None if answer.context is None else _sha256(answer.context.prompt),
        "answered": answer.answered,
        "reason": answer.reason,
        "text": answer.text,
        "short": None if answer.short_answer is None else asdict(answer.short_answer),
        "claims": [asdict(claim) for claim in answer.claims],
        "results": [
            {
                "tool": r.name,
                "arguments": r.arguments,
                "failed": r.is_error,
                "sha256": _sha256(r.text),
            }
            for r in answer.tool_results
        ],
    }


def _name(spec: ToolSpec) -> str:
    return (
        spec
        if isinstance(spec, str)
        else str(getattr(spec, "name", None) or getattr(spec, "__name__", "tool"))
    )


def _spec(options: AskOptions) -> str:
    llm = options.llm
    return llm if isinstance(llm, str) else llm.name


def _options(stored: Mapping[str, Any], overrides: AskOptions) -> AskOptions:
    try:
        options = dict(stored["options"])
        filter_fields = dict(options.pop("filter"))
        filter = Filter(
            paths=tuple(filter_fields["paths"]),
            formats=tuple(filter_fields["formats"]),
            metadata=dict(filter_fields["metadata"]),
            groups=None if filter_fields["groups"] is None else frozenset(filter_fields["groups"]),
            since=filter_fields["since"],
            until=filter_fields["until"],
        )
        generator = overrides.llm if not isinstance(overrides.llm, str) else options["llm"]
        options["stop"] = tuple(options["stop"])
        # Other tools than our own cannot be had by their names alone.
        tools = overrides.tools or [n for n in options.get("tools", ()) if n in OWN_TOOLS]
        return AskOptions(
            tools=tools,
            filter=filter,
            llm=generator,
            model_profiles=overrides.model_profiles,
            **{
                name: options[name]
                for name in _STORED_OPTIONS
                if name != "rewrite" or name in options
            },
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _invalid_receipt(str(error)) from error


def _compare(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[Difference]:
    differences = []
    for subject, get in (
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
            differences.append(Difference(subject, _short_text(before), _short_text(after)))
    passages = [{_passage_key(p) for p in r["passages"]} for r in (then, now)]
    missing, added = passages[0] - passages[1], passages[1] - passages[0]
    if missing or added:
        differences.append(
            Difference("passages", f"{len(passages[0])}, of which {len(missing)} are gone",
                       f"{len(passages[1])}, of which {len(added)} are new")
        )  # fmt: skip
    return differences


def _passage_key(passage: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(passage[k] for k in ("document", "page", "start", "end", "sha256"))


def _file_differences(stored: Mapping[str, Any], engine: Engine) -> list[Difference]:
    """Sources of the receipt that are not in the index as they were, or not so on disk."""
    differences = []
    rows = {row.id: row for _, row in engine.snapshot.documents()}
    roots = engine.snapshot.manifest.roots
    for name, digest in stored["documents"].items():
        row = rows.get(name)
        if row is None:
            differences.append(Difference(name, digest[:12], "no longer in the index"))
            continue
        if row.sha256 != digest:
            differences.append(Difference(name, digest[:12], f"indexed again as {row.sha256[:12]}"))
        path = path_of(row.file, engine.path, roots)
        if path is None or not path.is_file():
            differences.append(Difference(name, digest[:12], "its file is gone"))
            continue
        with path.open("rb") as file:
            on_disk = hashlib.file_digest(file, "sha256").hexdigest()
        if on_disk != row.sha256:
            differences.append(
                Difference(name, digest[:12], "its file has changed since it was indexed")
            )
    return differences


def _short_text(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text[:12] if len(text) == 64 and " " not in text else text


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _json(value: Any) -> Any:
    """As it will be read back: tuples become lists, keys text."""
    return json.loads(json.dumps(value, ensure_ascii=False, default=list))


def _invalid_receipt(why: str) -> InputError:
    return InputError(f"this is no whole receipt ({why})", hint="make one with: rag ask --receipt")
