"""What an open index holds: its snapshot, its embedder, and the models loaded to read it.

The facade (``api.Index``) and every way of answering work on this object, so that none of them
needs the facade.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rag_infer import tracing
from rag_infer.embed import DEFAULT, Embedder, load_embedder
from rag_infer.embed.batching import CachedEmbedder
from rag_infer.embed.callable_embedder import (
    CUSTOM_PREFIX,
    CallableEmbedder,
    EmbedFunction,
    as_embedder,
)
from rag_infer.embed.checked import CheckedEmbedder
from rag_infer.embed.model_cards import model_card
from rag_infer.errors import EmbedderMismatchError, IndexNotFoundError, InputError
from rag_infer.index import manifest as manifests
from rag_infer.index import tuning
from rag_infer.index.catalog import DocumentRow
from rag_infer.index.manifest import EmbedderEntry, Manifest
from rag_infer.index.snapshot import Snapshot
from rag_infer.index.tuning import Tuning
from rag_infer.languages import UNDETERMINED
from rag_infer.retrieve import Filter, SearchOptions, search
from rag_infer.retrieve.filters import allows_in
from rag_infer.retrieve.scoring import local_scoring
from rag_infer.retrieve.search import DENSE_WEIGHT
from rag_infer.types import Hit

if TYPE_CHECKING:
    from rag_infer.cite.claim_verifier import Verifier
    from rag_infer.generate import Generator
    from rag_infer.generate.generator_cache import GeneratorCache
    from rag_infer.retrieve.reranker import Reranker
    from rag_infer.settings import ModelProfile
    from rag_infer.shards.router import ShardRouter

_MAX_LATER_NAMES = 3
_MIN_LANGUAGE_SHARE = 0.01  # of the chunks, for a language to be worth a word


class Engine:
    """The parts of one open index. May be used by many threads for reading.

    Args:
        path: The folder of the index.
        embedder: An embedder, a function from texts to vectors, the name of an embedder, or None
            for the one the index was made with.
    """

    def __init__(self, path: Path, embedder: Embedder | EmbedFunction | str | None = None) -> None:
        self.path = path
        self._requested_embedder: Embedder | str | None = (
            embedder if embedder is None or isinstance(embedder, str) else as_embedder(embedder)
        )
        self._embedder: Embedder | None = None
        self._embedder_lock = threading.Lock()
        self._current = path / manifests.CURRENT
        self._snapshot: Snapshot | None = None
        self._pinned: Snapshot | None = None
        self._seen: tuple[manifests.FileVersion | None, Snapshot] | None = None
        self._rerankers: dict[str, Reranker] = {}
        self._verifiers: dict[str | None, Verifier] = {}
        self._generators: GeneratorCache | None = None
        self._tuning: tuple[int | None, Tuning] | None = None
        self.on_use: Callable[[], None] | None = None
        """Called before the current generation is looked at; it may bring a newer one."""
        self.shards: ShardRouter | None = None
        """What scores chunks in place of this machine."""
        self.tuning_override: Tuning | None = None
        """In place of the tuning that is kept with the index, while others are tried."""

    @property
    def tuning(self) -> Tuning:
        """The parameters that fit this index; read again when the file changes.

        Raises CorruptIndexError for a file that is not valid.
        """
        if self.tuning_override is not None:
            return self.tuning_override
        try:
            changed: int | None = (self.path / tuning.FILE_NAME).stat().st_mtime_ns
        except OSError:
            changed = None
        if self._tuning is None or self._tuning[0] != changed:
            self._tuning = (changed, tuning.read(self.path))
        return self._tuning[1]

    def search(
        self,
        query: str,
        top_k: int = 10,
        *,
        filter: Filter | None = None,
        reranker: str | None = None,
        earlier: Sequence[str] = (),
    ) -> list[Hit]:
        """The best passages for a query, best first. ``"a phrase"`` must occur, ``-word`` not.

        ``earlier`` are the user's turns before this one in a conversation, oldest first.
        ``reranker`` is the folder or hub id of a cross-encoder that orders the best candidates.
        Raises InputError for an empty query or ``top_k`` below 1.
        """
        if not query.strip():
            raise InputError("the question is empty", code="empty_question")
        if top_k < 1:
            raise InputError("top_k must be 1 or more")
        weight = self.tuning.dense_weight
        options = SearchOptions(
            weight=DENSE_WEIGHT if weight is None else weight,
            filter=filter or Filter(),
            reranker=self._reranker(reranker) if reranker else None,
            earlier=tuple(earlier),
            scoring=self.shards or local_scoring,
        )
        with tracing.span("retrieve", "RETRIEVER") as span:
            hits = search(self.snapshot, self.embedder, query, top_k, options)
            if span.is_recording:
                span.add({"rag.top_k": top_k, "rag.hits": len(hits)})
                span.add_texts({"input.value": query})
                span.add_passages([(h.location, h.score, h.chunk.text) for h in hits])
        return hits

    def _reranker(self, spec: str) -> Reranker:
        if spec not in self._rerankers:
            from rag_infer.retrieve.reranker import Reranker

            self._rerankers[spec] = Reranker(spec)
        return self._rerankers[spec]

    def generator(self, spec: str, profiles: Mapping[str, ModelProfile]) -> Generator:
        """What writes answers, by the names of ``load_generator``; loaded at its first use.

        Raises what ``load_generator`` raises.
        """
        if self._generators is None:
            from rag_infer.generate.generator_cache import GeneratorCache

            self._generators = GeneratorCache()
        return self._generators.get(spec, profiles)

    def has_generator(self, spec: str, profiles: Mapping[str, ModelProfile]) -> bool:
        """Whether a generator is loaded already."""
        return self._generators is not None and self._generators.has(spec, profiles)

    def verifier(self, spec: str | None = None) -> Verifier:
        """What judges claims: a cross-encoder by folder or hub id, or the one of the package.

        Raises ModelError when the cross-encoder cannot be had.
        """
        if spec not in self._verifiers:
            from rag_infer.cite.claim_verifier import load_verifier

            self._verifiers[spec] = load_verifier(spec, self.embedder)
        return self._verifiers[spec]

    def documents(self, filter: Filter | None = None) -> list[DocumentRow]:
        """The documents that a filter allows, in order of id; none before anything was added."""
        try:
            snapshot = self.snapshot
        except IndexNotFoundError:
            return []
        rows = [
            row
            for place, row in snapshot.documents()
            if filter is None or allows_in(filter, snapshot, place, row)
        ]
        return sorted(rows, key=lambda row: row.id)

    def shard_notes(self, since: float) -> list[str]:
        """One line about shards that did not answer since then (``time.perf_counter``)."""
        return [] if self.shards is None else self.shards.notes(since)

    def as_of_note(self, filter: Filter) -> str | None:
        """One line about documents that are left out only as they are dated after ``as_of``."""
        if filter.as_of is None:
            return None
        counted = {row.id for row in self.documents(filter)}
        others = self.documents(replace(filter, as_of=None))
        later = ["/".join(row.id.split("/")[-2:]) for row in others if row.id not in counted]
        if not later:
            return f"as of {filter.as_of}: no document is dated later"
        names = ", ".join(later[:_MAX_LATER_NAMES])
        more = f" and {len(later) - _MAX_LATER_NAMES} more" if len(later) > _MAX_LATER_NAMES else ""
        noun = "document" if len(later) == 1 else "documents"
        return f"as of {filter.as_of}: left out {len(later):,} {noun} dated later: {names}{more}"

    @property
    def snapshot(self) -> Snapshot:
        """The current generation; reopened when another process has published a newer one.

        While one is pinned, that.
        """
        if self._pinned is not None:
            return self._pinned
        if self.on_use is not None:
            self.on_use()
        version = manifests.file_version(self._current)
        # One question asks for it dozens of times: a look at the file's entry costs least.
        if self._seen is not None and version is not None and version == self._seen[0]:
            return self._seen[1]
        generation = manifests.current_generation(self.path)
        snapshot = self._snapshot
        if snapshot is None or snapshot.manifest.generation != generation:
            snapshot = Snapshot(self.path)
            self.check_embedder(snapshot.manifest)
            self._drop_other_embedder(snapshot.manifest)
            # The old one may still be in use by another thread; it closes with its last user.
            self._snapshot = snapshot
        self._seen = version, snapshot
        return snapshot

    @contextmanager
    def pinned(self) -> Iterator[Snapshot]:
        """Keeps to the current generation, whatever other processes publish meanwhile."""
        self._pinned = self.snapshot
        try:
            yield self._pinned
        finally:
            self._pinned = None

    @property
    def embedder(self) -> Embedder:
        with self._embedder_lock:
            if self._embedder is None:
                self._embedder = CachedEmbedder(self._load())
        return self._embedder

    def _drop_other_embedder(self, manifest: Manifest) -> None:
        """Lets go of an embedder that the index no longer uses since ``rag reindex``."""
        with self._embedder_lock:
            fingerprint = manifest.embedder.fingerprint
            if self._embedder is not None and self._embedder.fingerprint != fingerprint:
                self._embedder = None
                self._verifiers.clear()

    def unknown_languages(self) -> dict[str, int]:
        """Languages of the documents that the embedder does not know, with their chunks.

        Languages of less than a hundredth of the chunks are left out. Needs no model.
        """
        snapshot = self.snapshot
        card = model_card(snapshot.manifest.embedder.name)
        languages = snapshot.languages()
        least = sum(languages.values()) * _MIN_LANGUAGE_SHARE
        if card is None:
            return {}
        return {
            code: count
            for code, count in languages.items()
            if count >= least and code not in ("", UNDETERMINED) and code not in card.languages
        }

    def switch_embedder(self, spec: str) -> None:
        """Takes the embedder that a reindexed index was made with."""
        self.close()
        with self._embedder_lock:
            self._requested_embedder = spec
            self._embedder = None
            self._verifiers.clear()

    def _load(self) -> Embedder:
        if self._requested_embedder is not None and not isinstance(self._requested_embedder, str):
            return self._requested_embedder
        try:
            made_with: EmbedderEntry | None = self.manifest().embedder
        except IndexNotFoundError:
            made_with = None
        spec = self._requested_embedder or (made_with.spec if made_with else DEFAULT)
        if spec.startswith(CUSTOM_PREFIX):
            # Its name is looked up nowhere: only its owner can hand it in.
            raise EmbedderMismatchError(
                f"was made with an embedder of the caller, '{spec.removeprefix(CUSTOM_PREFIX)}'",
                where=str(self.path),
                hint="open it with that embedder: Index.open(..., embedder=...)",
                code="custom_embedder_required",
            )
        embedder = load_embedder(spec)
        if made_with is not None and embedder.fingerprint != made_with.fingerprint:
            raise _mismatch(self.path, made_with, embedder.name)
        return embedder

    def embedder_entry(self) -> EmbedderEntry:
        embedder = self.embedder
        spec = self._requested_embedder if isinstance(self._requested_embedder, str) else None
        if spec is None:
            try:
                spec = self.manifest().embedder.spec
            except IndexNotFoundError:
                is_custom = isinstance(self._requested_embedder, CallableEmbedder | CheckedEmbedder)
                builtin = DEFAULT if self._requested_embedder is None else embedder.name
                spec = CUSTOM_PREFIX + embedder.name if is_custom else builtin
        return EmbedderEntry(spec, embedder.name, embedder.fingerprint, embedder.dimension)

    def check_embedder(self, manifest: Manifest) -> None:
        """Cheap where it can be: a name that is the recorded one needs no model to compare."""
        if self._requested_embedder is None or self._requested_embedder == manifest.embedder.spec:
            return
        if self.embedder.fingerprint != manifest.embedder.fingerprint:
            raise _mismatch(self.path, manifest.embedder, self.embedder.name)

    def manifest(self) -> Manifest:
        return manifests.read(self.path, manifests.current_generation(self.path))

    def close(self) -> None:
        """Lets go of the snapshot; the next use opens it again."""
        if self._snapshot is not None:
            self._snapshot.close()
            self._snapshot = self._seen = None


def _mismatch(path: Path, made_with: EmbedderEntry, other: str) -> EmbedderMismatchError:
    is_custom = made_with.spec.startswith(CUSTOM_PREFIX)
    hint = "hand in an embedder of that name" if is_custom else "open it without an embedder"
    return EmbedderMismatchError(
        f"was made with the embedder '{made_with.name}', not with '{other}'",
        where=str(path),
        hint=f"{hint}, or make another index",
    )
