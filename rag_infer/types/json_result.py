"""Results that write themselves as JSON, in the one shape that ``--json``, REST and MCP have."""

from __future__ import annotations

import json
from typing import Any


class JsonResult:
    """Base of results that can be written as JSON."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """The result as JSON types: the keys are those of ``--json`` and of the REST API."""
        from rag_infer.responses import to_jsonable  # brings pydantic, which few programs need

        fields: dict[str, Any] = to_jsonable(self)
        return fields

    def to_json(self, *, indent: int | None = None) -> str:
        """The result as JSON text.

        Args:
            indent: Spaces of each level; None writes one line.
        """
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=indent)
