"""rag-infer: question answering over your own documents, with citations to the exact words.

Everything public is here, each name imported at its first use, so that importing the package costs
nothing. Everything else may change between versions.

    from rag_infer import Index

    index = Index.open("work", create=True)
    index.add("docs/")
    print(index.ask("What did we agree on?").text)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rag_infer.answering.chat_session import ChatSession as ChatSession
    from rag_infer.answering.events import AnswerCompleted as AnswerCompleted
    from rag_infer.answering.events import AnswerEvent as AnswerEvent
    from rag_infer.answering.events import TextDelta as TextDelta
    from rag_infer.answering.events import ToolFinished as ToolFinished
    from rag_infer.answering.fact_check import FactCheckReport as FactCheckReport
    from rag_infer.answering.options import AskOptions as AskOptions
    from rag_infer.api import Index as Index
    from rag_infer.api import Status as Status
    from rag_infer.embed import Embedder as Embedder
    from rag_infer.errors import ContextWindowError as ContextWindowError
    from rag_infer.errors import CorruptIndexError as CorruptIndexError
    from rag_infer.errors import EmbedderMismatchError as EmbedderMismatchError
    from rag_infer.errors import IndexLockedError as IndexLockedError
    from rag_infer.errors import IndexNotFoundError as IndexNotFoundError
    from rag_infer.errors import IndexStorageError as IndexStorageError
    from rag_infer.errors import InputError as InputError
    from rag_infer.errors import MissingDependencyError as MissingDependencyError
    from rag_infer.errors import ModelError as ModelError
    from rag_infer.errors import PasswordError as PasswordError
    from rag_infer.errors import RagError as RagError
    from rag_infer.errors import ReadError as ReadError
    from rag_infer.generate import GenerateOptions as GenerateOptions
    from rag_infer.generate import Generator as Generator
    from rag_infer.generate import TokenUsage as TokenUsage
    from rag_infer.index.catalog import DocumentRow as DocumentRow
    from rag_infer.ingest.pipeline import Failure as Failure
    from rag_infer.ingest.pipeline import FileReport as FileReport
    from rag_infer.ingest.pipeline import IngestReport as IngestReport
    from rag_infer.ingest.pipeline import Progress as Progress
    from rag_infer.read import ReadOptions as ReadOptions
    from rag_infer.retrieve import Filter as Filter
    from rag_infer.settings import ModelProfile as ModelProfile
    from rag_infer.summary.pipeline import SummaryOptions as SummaryOptions
    from rag_infer.summary.pipeline import summarize as summarize
    from rag_infer.tools import Tool as Tool
    from rag_infer.tools import ToolOutput as ToolOutput
    from rag_infer.tools import tool as tool
    from rag_infer.tools.executor import ToolLimits as ToolLimits
    from rag_infer.types import Answer as Answer
    from rag_infer.types import Chunk as Chunk
    from rag_infer.types import Citation as Citation
    from rag_infer.types import Claim as Claim
    from rag_infer.types import ContextPlan as ContextPlan
    from rag_infer.types import Coverage as Coverage
    from rag_infer.types import Document as Document
    from rag_infer.types import Hit as Hit
    from rag_infer.types import Page as Page
    from rag_infer.types import Span as Span
    from rag_infer.types import Summary as Summary
    from rag_infer.types import TextDocument as TextDocument
    from rag_infer.types import ToolCall as ToolCall
    from rag_infer.types import ToolResult as ToolResult
    from rag_infer.types import Usage as Usage

    __version__: str

_MODULES = {
    "answering.chat_session": ("ChatSession",),
    "answering.events": ("AnswerCompleted", "AnswerEvent", "TextDelta", "ToolFinished"),
    "answering.fact_check": ("FactCheckReport",),
    "answering.options": ("AskOptions",),
    "api": ("Index", "Status"),
    "embed": ("Embedder",),
    "errors": (
        "ContextWindowError",
        "CorruptIndexError",
        "EmbedderMismatchError",
        "IndexLockedError",
        "IndexNotFoundError",
        "IndexStorageError",
        "InputError",
        "MissingDependencyError",
        "ModelError",
        "PasswordError",
        "RagError",
        "ReadError",
    ),
    "generate": ("GenerateOptions", "Generator", "TokenUsage"),
    "index.catalog": ("DocumentRow",),
    "ingest.pipeline": ("Failure", "FileReport", "IngestReport", "Progress"),
    "read": ("ReadOptions",),
    "retrieve": ("Filter",),
    "settings": ("ModelProfile",),
    "summary.pipeline": ("SummaryOptions", "summarize"),
    "tools": ("Tool", "ToolOutput", "tool"),
    "tools.executor": ("ToolLimits",),
    "types": (
        "Answer",
        "Chunk",
        "Citation",
        "Claim",
        "ContextPlan",
        "Coverage",
        "Document",
        "Hit",
        "Page",
        "Span",
        "Summary",
        "TextDocument",
        "ToolCall",
        "ToolResult",
        "Usage",
    ),
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}

__all__ = ["__version__", *sorted(_MODULE_OF)]  # noqa: PLE0604


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("rag-infer")
    module = _MODULE_OF.get(name)
    if module is None:
        raise AttributeError(f"module 'rag_infer' has no attribute {name!r}")
    return getattr(import_module(f"rag_infer.{module}"), name)


def __dir__() -> list[str]:
    return __all__
