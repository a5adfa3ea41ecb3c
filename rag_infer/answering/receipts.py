"""Receipts: all that is needed to check an answer, or to ask again and compare.

A receipt is JSON. It names passages by location and hash, and holds the answer with the quotes of
its claims; the prompt and the passages themselves are in it as hashes alone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rag_infer.answering.options import (
    AnswerRequest,
    AskOptions,
    GenerationOptions,
    RetrievalOptions,
)
from rag_infer.answering.pipeline import answer_question
from rag_infer.engine import Engine
from rag_infer.errors import InputError
from rag_infer.generate import EXTRACTIVE, Generator, fingerprint
from rag_infer.hashing import file_sha256
from rag_infer.index.catalog import DocumentRow
from rag_infer.index.roots import is_web, path_of
from rag_infer.index.tuning import NO_TUNING
from rag_infer.redaction import mask_secrets
from rag_infer.retrieve import Filter
from rag_infer.settings import OWN_TOOLS, ModelProfile
from rag_infer.tools import ToolSpec
from rag_infer.types import Answer, JsonResult

FORMAT = 1
_GENERATION_FIELDS = (
    "schema", "max_tokens", "temperature", "top_p", "seed", "stop", "system", "closing",
    "question_prompt", "rewrite_prompt",
)  # fmt: skip
_RETRIEVAL_FIELDS = ("reranker", "rewrite", "further_searches")
_OPTION_FIELDS = ("verifier", "drop_unsupported", "min_confidence", "compute")


@dataclass(frozen=True, slots=True)
class Difference(JsonResult):
    """Something that has changed: ``what``, as the receipt has it (``then``) and as it is now."""

    what: str
    then: str
    now: str


@dataclass(frozen=True, slots=True)
class Replay(JsonResult):
    """A question asked again. ``same``: the answer, its verdicts and its sources are as before."""

    answer: Answer
    same: bool
    differences: tuple[Difference, ...]


def create_receipt(engine: Engine, answer: Answer, request: AnswerRequest) -> dict[str, Any]:
    """The receipt of an answer, as JSON types."""
    from importlib.metadata import version

    manifest = engine.snapshot.manifest
    filter_fields = asdict(request.filter)
    groups = request.filter.groups
    filter_fields["groups"] = None if groups is None else sorted(groups)
    options = request.options
    receipt: dict[str, Any] = _as_json(
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
                "tuning": asdict(engine.tuning),
            },
            "options": {
                "top_k": request.top_k,
                "history": request.history,
                **{name: getattr(options.generation, name) for name in _GENERATION_FIELDS},
                **{name: getattr(options.retrieval, name) for name in _RETRIEVAL_FIELDS},
                **{name: getattr(options, name) for name in _OPTION_FIELDS},
                "filter": filter_fields,
                "llm": mask_secrets(
                    request.llm if isinstance(request.llm, str) else request.llm.name
                ),
                "tools": [_tool_name(tool) for tool in request.tools],
            },
            **_outcome(engine, answer, request),
            "usage": asdict(answer.usage),
        }
    )
    return receipt


def replay(
    receipt: Mapping[str, Any],
    engine: Engine,
    *,
    llm: str | Generator | None = None,
    model_profiles: Mapping[str, ModelProfile] | None = None,
    tools: tuple[ToolSpec, ...] = (),
) -> Replay:
    """Asks the question of a receipt again and compares, files on disk included.

    Args:
        receipt: As ``create_receipt`` made it.
        engine: The open index.
        llm: A loaded model, in place of the one that the receipt names.
        model_profiles: Profiles that the receipt may name.
        tools: Tools in place of those named; only tools of the package are found by name.

    Raises:
        InputError: The receipt is not valid.
    """
    request = _request(receipt, llm, model_profiles or {}, tools)
    try:
        answer = answer_question(engine, request)
        now = create_receipt(engine, answer, request)
        differences = [*_compare(receipt, now), *_file_differences(receipt, engine)]
        same = all(receipt[part] == now[part] for part in ("text", "claims", "answered"))
    except (KeyError, TypeError, AttributeError) as error:
        raise _invalid_receipt(str(error)) from error
    return Replay(answer, same, tuple(differences))


def load(path: Path) -> dict[str, Any]:
    """The receipt in a file.

    Raises:
        InputError: The file cannot be read or is not a receipt.
    """
    try:
        receipt = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", where=str(path)) from error
    except ValueError as error:
        raise InputError(
            "not a valid receipt (not JSON)", where=str(path), code="invalid_receipt"
        ) from error
    if not isinstance(receipt, dict) or receipt.get("receipt") != FORMAT:
        raise InputError(
            "not a receipt that this version reads", where=str(path), code="invalid_receipt"
        )
    return receipt


def _outcome(engine: Engine, answer: Answer, request: AnswerRequest) -> dict[str, Any]:
    rows = _rows(engine)
    used = dict.fromkeys(h.chunk.document_id for h in answer.hits)
    used |= dict.fromkeys(name for result in answer.tool_results for name in result.documents)
    return {
        "model": {
            "name": mask_secrets(answer.model),
            "fingerprint": fingerprint(request.llm, request.options.generation.model_profiles),
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
        "documents": {name: rows[name].sha256 for name in used if name in rows},
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


def _tool_name(spec: ToolSpec) -> str:
    if isinstance(spec, str):
        return spec
    return str(getattr(spec, "name", None) or getattr(spec, "__name__", "tool"))


def _request(
    receipt: Mapping[str, Any],
    llm: str | Generator | None,
    profiles: Mapping[str, ModelProfile],
    tools: tuple[ToolSpec, ...],
) -> AnswerRequest:
    try:
        stored = dict(receipt["options"])
        limits = dict(stored["filter"])
        generation = {name: stored[name] for name in _GENERATION_FIELDS if name in stored}
        generation["stop"] = tuple(generation["stop"])
        filter = Filter(
            paths=tuple(limits["paths"]),
            formats=tuple(limits["formats"]),
            metadata=dict(limits["metadata"]),
            groups=None if limits["groups"] is None else frozenset(limits["groups"]),
            since=limits["since"],
            until=limits["until"],
            as_of=limits.get("as_of"),
        )
        return AnswerRequest(
            str(receipt["question"]),
            llm=llm or stored.get("llm", EXTRACTIVE),
            top_k=stored["top_k"],
            filter=filter,
            tools=tools or tuple(name for name in stored.get("tools", ()) if name in OWN_TOOLS),
            history=stored["history"],
            options=AskOptions(
                retrieval=RetrievalOptions(
                    **{name: stored[name] for name in _RETRIEVAL_FIELDS if name in stored}
                ),
                generation=GenerationOptions(**generation, model_profiles=profiles),
                **{name: stored[name] for name in _OPTION_FIELDS if name in stored},
            ),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _invalid_receipt(str(error)) from error


def _compare(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[Difference]:
    differences = []
    for subject, get in (
        ("rag-infer", lambda r: r["rag_infer"]),
        ("generation of the index", lambda r: r["index"]["generation"]),
        ("embedder", lambda r: r["index"]["embedder_fingerprint"]),
        ("tuning of the index", lambda r: r["index"].get("tuning", asdict(NO_TUNING))),
        ("model", lambda r: (r["model"]["name"], r["model"]["fingerprint"])),
        ("prompt", lambda r: r["prompt_sha256"]),
        ("answer", lambda r: r["text"]),
        ("results of tools", lambda r: r.get("results", [])),
        ("verdicts", lambda r: [c["verdict"] for c in r["claims"]]),
    ):
        before, after = get(then), get(now)
        if before != after:
            differences.append(Difference(subject, _display(before), _display(after)))
    passages = [{_passage_key(p) for p in r["passages"]} for r in (then, now)]
    removed, added = passages[0] - passages[1], passages[1] - passages[0]
    if removed or added:
        differences.append(
            Difference("passages", f"{len(passages[0])}, of which {len(removed)} are gone",
                       f"{len(passages[1])}, of which {len(added)} are new")
        )  # fmt: skip
    return differences


def _rows(engine: Engine) -> dict[str, DocumentRow]:
    """The documents of an index by each of their names."""
    documents = (row for _, row in engine.snapshot.documents())
    return {named.id: named for row in documents for named in row.by_names()}


def _passage_key(passage: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(passage[k] for k in ("document", "page", "start", "end", "sha256"))


def _file_differences(receipt: Mapping[str, Any], engine: Engine) -> list[Difference]:
    """Sources of the receipt that are not in the index as they were, or not so on disk."""
    differences = []
    rows = _rows(engine)
    roots = engine.snapshot.manifest.roots
    for name, digest in receipt["documents"].items():
        row = rows.get(name)
        if row is None:
            differences.append(Difference(name, digest[:12], "no longer in the index"))
            continue
        if row.sha256 != digest:
            differences.append(Difference(name, digest[:12], f"indexed again as {row.sha256[:12]}"))
        if is_web(row.file):
            continue  # a page is compared with its server by the next rag index
        path = path_of(row.file, engine.path, roots)
        if path is None or not path.is_file():
            differences.append(Difference(name, digest[:12], "its file is gone"))
            continue
        if file_sha256(path) != row.sha256:
            differences.append(
                Difference(name, digest[:12], "its file has changed since it was indexed")
            )
    return differences


def _display(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text[:12] if len(text) == 64 and " " not in text else text


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _as_json(value: Any) -> Any:
    """As it will be read back: tuples become lists, keys text."""
    return json.loads(json.dumps(value, ensure_ascii=False, default=list))


def _invalid_receipt(reason: str) -> InputError:
    return InputError(f"incomplete receipt ({reason})", code="invalid_receipt")
