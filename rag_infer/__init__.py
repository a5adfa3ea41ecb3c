"""rag-infer: ask your own documents, with citations to the exact words.

All public names come from here, each imported at its first use, so that importing the package
costs nothing. Everything else may change between versions.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rag_infer.answering.conversation import Conversation
    from rag_infer.answering.events import (
        AnswerEvent,
        StatusEvent,
        StreamEvent,
        TextEvent,
        ToolResultEvent,
    )
    from rag_infer.answering.fact_check import FactCheckReport
    from rag_infer.answering.options import AskOptions, GenerationOptions, RetrievalOptions
    from rag_infer.answering.receipts import Difference, Replay
    from rag_infer.api import Index, Status
    from rag_infer.conflicts.results import Conflict, ConflictReport, ConflictStatement
    from rag_infer.context.template import BoundedTemplate, Template
    from rag_infer.crawl.options import WebOptions
    from rag_infer.embed import Embedder
    from rag_infer.embed.callable_embedder import CallableEmbedder
    from rag_infer.errors import (
        ClusterError,
        ContextWindowError,
        CorruptIndexError,
        EmbedderMismatchError,
        IndexConflictError,
        IndexLockedError,
        IndexNotFoundError,
        IndexStorageError,
        InputError,
        MissingDependencyError,
        ModelError,
        PasswordError,
        PrivateModeError,
        PromptTooLongError,
        RagError,
        ReadError,
        ServerBusyError,
        ServerRequestError,
        StoreError,
        StoreUnavailableError,
        UserDataError,
    )
    from rag_infer.extraction.fields import ExtractionField
    from rag_infer.extraction.results import Extraction, ExtractionCell, ExtractionRow
    from rag_infer.generate import GenerateOptions, Generator, TokenUsage
    from rag_infer.generate.callable_generator import CallableGenerator
    from rag_infer.index.catalog import DocumentRow
    from rag_infer.index.document_copies import DocumentCopy
    from rag_infer.index.erasure import ErasedDocument, ErasureCertificate
    from rag_infer.ingest.reindex import ReindexReport
    from rag_infer.ingest.reports import (
        Failure,
        FileReport,
        IngestReport,
        Progress,
        UnreachablePath,
    )
    from rag_infer.ingest.text_documents import TextDocument
    from rag_infer.private_mode import enforce_private_mode
    from rag_infer.read import ReadOptions
    from rag_infer.retrieve import Filter
    from rag_infer.settings import ModelProfile
    from rag_infer.settings.profiles import Price
    from rag_infer.summary.options import SummaryOptions
    from rag_infer.summary.pipeline import summarize
    from rag_infer.tools import Tool, ToolOutput, tool
    from rag_infer.tools.executor import ToolLimits
    from rag_infer.types import (
        Answer,
        Block,
        Chunk,
        Citation,
        Claim,
        ContextPlan,
        Coverage,
        Document,
        Hit,
        OmittedItem,
        Page,
        PromptPassage,
        PromptToolResult,
        ResultTable,
        Span,
        Summary,
        Table,
        ToolCall,
        ToolResult,
        Usage,
    )
    from rag_infer.userdata.conversations import (
        CitedSource,
        ConversationStore,
        ConversationTurn,
        StoredConversation,
        TurnGrade,
    )

    __version__: str

_MODULES = {
    "answering.conversation": ("Conversation",),
    "answering.events": (
        "AnswerEvent", "StatusEvent", "StreamEvent", "TextEvent", "ToolResultEvent",
    ),
    "answering.fact_check": ("FactCheckReport",),
    "answering.options": ("AskOptions", "GenerationOptions", "RetrievalOptions"),
    "answering.receipts": ("Difference", "Replay"),
    "api": ("Index", "Status"),
    "conflicts.results": ("Conflict", "ConflictReport", "ConflictStatement"),
    "context.template": ("BoundedTemplate", "Template"),
    "crawl.options": ("WebOptions",),
    "embed": ("Embedder",),
    "embed.callable_embedder": ("CallableEmbedder",),
    "errors": (
        "ClusterError", "ContextWindowError", "CorruptIndexError", "EmbedderMismatchError",
        "IndexConflictError", "IndexLockedError", "IndexNotFoundError", "IndexStorageError",
        "InputError",
        "MissingDependencyError", "ModelError", "PasswordError", "PrivateModeError",
        "PromptTooLongError", "RagError", "ReadError", "ServerBusyError",
        "ServerRequestError", "StoreError", "StoreUnavailableError", "UserDataError",
    ),
    "private_mode": ("enforce_private_mode",),
    "extraction.fields": ("ExtractionField",),
    "extraction.results": ("Extraction", "ExtractionCell", "ExtractionRow"),
    "generate": ("GenerateOptions", "Generator", "TokenUsage"),
    "generate.callable_generator": ("CallableGenerator",),
    "index.catalog": ("DocumentRow",),
    "index.document_copies": ("DocumentCopy",),
    "ingest.reports": ("Failure", "FileReport", "IngestReport", "Progress", "UnreachablePath"),
    "ingest.reindex": ("ReindexReport",),
    "index.erasure": ("ErasedDocument", "ErasureCertificate"),
    "ingest.text_documents": ("TextDocument",),
    "read": ("ReadOptions",),
    "retrieve": ("Filter",),
    "settings": ("ModelProfile",),
    "settings.profiles": ("Price",),
    "summary.options": ("SummaryOptions",),
    "summary.pipeline": ("summarize",),
    "tools": ("Tool", "ToolOutput", "tool"),
    "tools.executor": ("ToolLimits",),
    "types": (
        "Answer", "Block", "Chunk", "Citation", "Claim", "ContextPlan", "Coverage", "Document",
        "Hit", "OmittedItem", "Page", "PromptPassage", "PromptToolResult", "ResultTable",
        "Span", "Summary", "Table", "ToolCall", "ToolResult", "Usage",
    ),
    "userdata.conversations": (
        "CitedSource", "ConversationStore", "ConversationTurn", "StoredConversation",
        "TurnGrade",
    ),
}  # fmt: skip
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}

__all__ = [
    "Answer",
    "AnswerEvent",
    "AskOptions",
    "Block",
    "BoundedTemplate",
    "CallableEmbedder",
    "CallableGenerator",
    "Chunk",
    "Citation",
    "CitedSource",
    "Claim",
    "ClusterError",
    "Conflict",
    "ConflictReport",
    "ConflictStatement",
    "ContextPlan",
    "ContextWindowError",
    "Conversation",
    "ConversationStore",
    "ConversationTurn",
    "CorruptIndexError",
    "Coverage",
    "Difference",
    "Document",
    "DocumentCopy",
    "DocumentRow",
    "Embedder",
    "EmbedderMismatchError",
    "ErasedDocument",
    "ErasureCertificate",
    "Extraction",
    "ExtractionCell",
    "ExtractionField",
    "ExtractionRow",
    "FactCheckReport",
    "Failure",
    "FileReport",
    "Filter",
    "GenerateOptions",
    "GenerationOptions",
    "Generator",
    "Hit",
    "Index",
    "IndexConflictError",
    "IndexLockedError",
    "IndexNotFoundError",
    "IndexStorageError",
    "IngestReport",
    "InputError",
    "MissingDependencyError",
    "ModelError",
    "ModelProfile",
    "OmittedItem",
    "Page",
    "PasswordError",
    "Price",
    "PrivateModeError",
    "Progress",
    "PromptPassage",
    "PromptTooLongError",
    "PromptToolResult",
    "RagError",
    "ReadError",
    "ReadOptions",
    "ReindexReport",
    "Replay",
    "ResultTable",
    "RetrievalOptions",
    "ServerBusyError",
    "ServerRequestError",
    "Span",
    "Status",
    "StatusEvent",
    "StoreError",
    "StoreUnavailableError",
    "StoredConversation",
    "StreamEvent",
    "Summary",
    "SummaryOptions",
    "Table",
    "Template",
    "TextDocument",
    "TextEvent",
    "TokenUsage",
    "Tool",
    "ToolCall",
    "ToolLimits",
    "ToolOutput",
    "ToolResult",
    "ToolResultEvent",
    "TurnGrade",
    "UnreachablePath",
    "Usage",
    "UserDataError",
    "WebOptions",
    "__version__",
    "enforce_private_mode",
    "summarize",
    "tool",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("rag-infer")
    module = _MODULE_OF.get(name)
    if module is None:
        raise AttributeError(f"module 'rag_infer' has no attribute {name!r}")
    return getattr(import_module(f"rag_infer.{module}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
