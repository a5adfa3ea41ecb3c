"""OpenAI's Batch format: requests in one file, results in another, matched by ``custom_id``.

``vllm run-batch`` reads and writes the same lines, as do the batch services of other vendors.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag_infer.errors import InputError, ModelError

MAX_REQUESTS, MAX_BYTES = 50_000, 200 * 10**6  # of a file that OpenAI takes
_URL = "/v1/chat/completions"


@dataclass(frozen=True, slots=True)
class ResultLines:
    """The lines of result files.

    Attributes:
        results: Those with an id; of several with one id the first that succeeded.
        unreadable: How many lines are no JSON object with an id.
    """

    results: Mapping[str, Mapping[str, Any]]
    unreadable: int


def request_line(custom_id: str, body: Mapping[str, Any]) -> bytes:
    """A line of a file of requests.

    Args:
        custom_id: What its result will be known by.
        body: Of the request for a chat completion.
    """
    line = {"custom_id": custom_id, "method": "POST", "url": _URL, "body": body}
    return json.dumps(line, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


def write_requests(path: Path, lines: Iterable[bytes]) -> int:
    """Puts a file of requests in place, whole.

    Args:
        path: The file.
        lines: Its lines.

    Returns:
        Its bytes.

    Raises:
        InputError: It cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.writelines(lines)
            file.flush()
            os.fsync(file.fileno())
            size = file.tell()
        temporary.replace(path)
    except OSError as error:
        message = f"cannot be written: {error.strerror or error}"
        raise InputError(message, where=str(path)) from error
    return size


def read_results(paths: Sequence[Path]) -> ResultLines:
    """The results in files, such as the output and the errors of a batch.

    Args:
        paths: The files.

    Raises:
        InputError: A file cannot be read, or has no result at all.
    """
    results: dict[str, Mapping[str, Any]] = {}
    unreadable = 0
    for path in paths:
        count = 0
        for line in _lines(path):
            try:
                value = json.loads(line)
                custom_id = value["custom_id"]
            except (ValueError, KeyError, TypeError, RecursionError):
                unreadable += 1
                continue
            if not isinstance(custom_id, str):
                unreadable += 1
                continue
            count += 1
            if custom_id not in results or not _is_completed(results[custom_id]):
                results[custom_id] = value
        if not count and unreadable:
            raise InputError(
                "holds no result of a batch", where=str(path),
                hint="name the output file of the batch, whose lines have a custom_id",
            )  # fmt: skip
    return ResultLines(results, unreadable)


def completion_of(result: Mapping[str, Any]) -> Any:
    """What the model wrote, from a line of results.

    Args:
        result: The line.

    Returns:
        A ``Completion``.

    Raises:
        ModelError: It is an error, or no chat completion.
    """
    from rag_infer.generate.chat_stream import error_text, finish_reason, text_of, token_usage
    from rag_infer.generate.completed import Completion

    body = _body(result)
    choice = _choice(body)
    if choice is None:
        response = result.get("response")
        status = response.get("status_code") if isinstance(response, Mapping) else None
        message = error_text(body) or error_text(result) or _error_code(result)
        what = " ".join((message or "no chat completion").split())[:500]
        prefix = f"the server answered {status}" if status not in (None, 200) else "the server said"
        raise ModelError(f"{prefix}: {what}")
    message = choice["message"]
    return Completion(
        text_of(message.get("content")) or text_of(message.get("refusal")),
        token_usage(body.get("usage")),
        finish_reason(choice.get("finish_reason")),
        bool(text_of(message.get("reasoning_content") or message.get("reasoning"))),
    )


def _is_completed(result: Mapping[str, Any]) -> bool:
    return _choice(_body(result)) is not None


def _body(result: Mapping[str, Any]) -> Mapping[str, Any]:
    response = result.get("response")
    if not isinstance(response, Mapping):
        return {}
    # vLLM's documentation of older versions shows the completion without an envelope.
    body = response.get("body", response)
    return body if isinstance(body, Mapping) else {}


def _choice(body: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The first choice of a completion; None where there is none."""
    choices = body.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    is_message = isinstance(choice, Mapping) and isinstance(choice.get("message"), Mapping)
    return choice if is_message else None


def _error_code(result: Mapping[str, Any]) -> str | None:
    """``batch_expired`` and the like, where an error has no message."""
    error = result.get("error")
    code = error.get("code") if isinstance(error, Mapping) else None
    return str(code) if code else None


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            for line in file:
                if line.strip():
                    yield line
    except OSError as error:
        message = f"cannot be read: {error.strerror or error}"
        raise InputError(message, where=str(path)) from error
