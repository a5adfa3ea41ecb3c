"""Following folders: an index run after every change."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from rag_infer.errors import MissingDependencyError, RagError
from rag_infer.ingest.reports import IngestReport

_SETTLE_MS = 400  # editors and copies touch a file several times within moments


def watch_folders(
    paths: Sequence[Path],
    index: Path,
    run: Callable[[], IngestReport],
    is_stopped: Callable[[], bool] = lambda: False,
) -> Iterator[IngestReport | RagError]:
    """Runs ``run`` after each change below ``paths`` and yields its report, or the error it met.

    Changes inside ``index`` are its own and do not count. Ends when ``is_stopped`` is true (checked
    every second) or on Ctrl-C. Raises MissingDependencyError without the extra ``watch``.
    """
    try:
        import watchfiles
    except ImportError:
        raise MissingDependencyError("watching needs an optional package", extra="watch") from None

    index_path = index.resolve()

    def is_relevant(_: object, path: str) -> bool:
        changed = Path(path)
        hidden = any(
            part.startswith(".") for part in changed.relative_to(changed.anchor).parts[-1:]
        )
        return not hidden and not changed.resolve().is_relative_to(index_path)

    changes = watchfiles.watch(
        *paths,
        watch_filter=is_relevant,
        debounce=_SETTLE_MS,
        rust_timeout=1000,
        yield_on_timeout=True,
        raise_interrupt=False,
    )
    for file_changes in changes:
        if is_stopped():
            return
        if not file_changes:
            continue
        try:
            yield run()
        except RagError as error:  # a folder emptied, a lock held: tell, and go on watching
            yield error
