"""The shared data types: frozen values that move from one stage to the next."""

from rag_infer.types.answers import (
    Answer,
    Citation,
    Claim,
    Coverage,
    Grade,
    ResultTable,
    Summary,
    Usage,
    Verdict,
)
from rag_infer.types.context import (
    ContextPlan,
    OmittedItem,
    PromptPassage,
    PromptToolResult,
    ToolCall,
    ToolResult,
)
from rag_infer.types.documents import (
    Block,
    BlockKind,
    CellSpan,
    Chunk,
    Document,
    Hit,
    Page,
    Scalar,
    Span,
    Table,
)
from rag_infer.types.json_result import JsonResult

__all__ = [
    "Answer",
    "Block",
    "BlockKind",
    "CellSpan",
    "Chunk",
    "Citation",
    "Claim",
    "ContextPlan",
    "Coverage",
    "Document",
    "Grade",
    "Hit",
    "JsonResult",
    "OmittedItem",
    "Page",
    "PromptPassage",
    "PromptToolResult",
    "ResultTable",
    "Scalar",
    "Span",
    "Summary",
    "Table",
    "ToolCall",
    "ToolResult",
    "Usage",
    "Verdict",
]
