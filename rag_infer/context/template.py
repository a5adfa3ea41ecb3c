"""A model's chat template together with its tokenizer: what is sent, and how long it is."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from rag_infer.context.bounded_template import SCAFFOLD, BoundedTemplate, EstimatedTemplate
from rag_infer.errors import ModelError

__all__ = [
    "BoundedTemplate", "EstimatedTemplate", "Message", "Template", "TokenizerTemplate", "Tool",
    "load_template",
]  # fmt: skip

# {"role": "system" | "user" | "assistant" | "tool", "content": ...}, as the OpenAI protocol has it.
Message = Mapping[str, Any]
Tool = Mapping[str, Any]  # {"type": "function", "function": {"name", "description", "parameters"}}

_SYSTEM: Message = {"role": "system", "content": "Xq0"}
_PROBE: list[Message] = [
    {"role": "user", "content": "Xq1"},
    {"role": "assistant", "content": "Xq2"},
    {"role": "user", "content": "Xq3"},
]
_TOOL_PROBE: Tool = {
    "type": "function",
    "function": {
        "name": "Xq4",
        "description": "Xq5",
        "parameters": {"type": "object", "properties": {}, "required": []},
    },
}
_CALL = {"id": "Xq6000000", "type": "function"}
_RESULT_PROBE: list[Message] = [
    {
        "role": "assistant",
        "content": "",
        "tool_calls": [{**_CALL, "function": {"name": "Xq4", "arguments": '{"Xq7": "Xq8"}'}}],
    },
    {"role": "tool", "tool_call_id": "Xq6000000", "name": "Xq4", "content": "Xq9"},
]
# Roles that some templates write as plain words: "### Human:".
_ROLE = re.compile(r"#{2,4} [A-Z]\w{1,20}:")
_MAX_CACHED_CHARACTERS = 4096  # characters; the count of a longer text is not kept
_TOKENIZER_FILE = "tokenizer.json"


class Template(Protocol):
    """What a plan needs of a template. Counts are in the model's own tokens, or say ``bound``."""

    bound: bool  # counts are upper bounds
    takes_tools: bool  # has a place for tool definitions
    takes_results: bool  # has a role for what tools gave back

    def render(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> str:
        """The exact prompt for a conversation, ready for the answer to follow."""
        ...

    def count(self, prompt: str) -> int:
        """Tokens of a rendered prompt, control tokens included."""
        ...

    def counts(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text by itself."""
        ...

    def plain(self, text: str) -> str:
        """Text in which nothing is, or becomes, a control token or scaffolding of the template."""
        ...


class TokenizerTemplate:
    """The template of a Hugging Face tokenizer.

    A template without a system role gets the system text at the head of the first user turn, so
    that it is never lost. Raises ModelError for a tokenizer without a chat template.
    """

    bound = False

    def __init__(self, tokenizer: Any, name: str) -> None:
        if not getattr(tokenizer, "chat_template", None):
            raise ModelError(
                "this model has no chat template",
                where=name,
                hint="use an instruction-tuned model, or put a chat_template.jinja in its folder",
            )
        self._tokenizer = tokenizer
        self._name = name
        self._fast_tokenizer = getattr(tokenizer, "backend_tokenizer", None)
        self._takes_system = self._renders([_SYSTEM, *_PROBE], (), "Xq0")
        self.takes_tools = self._renders(_PROBE, (_TOOL_PROBE,), "Xq4", "Xq5")
        self.takes_results = all(
            self._renders([*_PROBE, *_RESULT_PROBE], tools, "Xq3", "Xq8", "Xq9")
            for tools in ([(), (_TOOL_PROBE,)] if self.takes_tools else [()])
        )
        self._control = self._control_strings()
        self._counts: dict[str, int] = {}
        self._ids = lru_cache(maxsize=4)(self._encoded)

    def render(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> str:
        copies = [dict(m) for m in messages]
        if not self._takes_system and copies and copies[0]["role"] == "system":
            system = copies.pop(0)["content"]
            if not copies or copies[0]["role"] != "user":
                copies.insert(0, {"role": "user", "content": ""})
            copies[0]["content"] = f"{system}\n\n{copies[0]['content']}".rstrip()
        return self._render(copies, tools)

    def plain(self, text: str) -> str:
        # A space after its first character: a person reads the same, a tokenizer does not.
        # Repeated, as a control string may hold another one.
        changes = 1
        while changes:
            text, changes = self._control.subn(lambda m: f"{m[0][0]} {m[0][1:]}", text)
        return text

    def ids(self, prompt: str) -> list[int]:
        """Token ids of a rendered prompt."""
        return self._ids(prompt)

    def count(self, prompt: str) -> int:
        return self.counts([prompt])[0]

    def counts(self, texts: Sequence[str]) -> list[int]:
        uncached = [text for text in dict.fromkeys(texts) if text not in self._counts]
        new_counts = dict(zip(uncached, self._count_tokens(uncached), strict=True))
        values = [new_counts[t] if t in new_counts else self._counts[t] for t in texts]
        if len(self._counts) > 8192:
            self._counts.clear()
        self._counts |= {t: n for t, n in new_counts.items() if len(t) <= _MAX_CACHED_CHARACTERS}
        return values

    def _count_tokens(self, texts: list[str]) -> list[int]:
        if self._fast_tokenizer is None:
            return [len(self.ids(text)) for text in texts]
        # Ids stay where they are made: asking for lists of them takes longer than making them.
        # The wrapper sets these again whenever it encodes, so nothing of its own is lost.
        self._fast_tokenizer.no_truncation()
        self._fast_tokenizer.no_padding()
        return [
            len(e) for e in self._fast_tokenizer.encode_batch_fast(texts, add_special_tokens=False)
        ]

    def _encoded(self, prompt: str) -> list[int]:
        values: list[int] = self._tokenizer(prompt, add_special_tokens=False)["input_ids"]
        return values

    def _render(self, messages: list[dict[str, Any]], tools: Sequence[Tool]) -> str:
        from jinja2.exceptions import TemplateError

        for message in messages:
            if message.get("tool_calls"):
                message["tool_calls"] = [
                    _with_parsed_arguments(call) for call in message["tool_calls"]
                ]
        try:
            rendered: str = self._tokenizer.apply_chat_template(
                messages,
                tools=[dict(tool) for tool in tools] or None,
                tokenize=False,
                add_generation_prompt=True,
            )
        except (TemplateError, TypeError, ValueError, KeyError) as error:
            raise ModelError(f"its chat template fails: {error}", where=self._name) from error
        return rendered

    def _renders(self, messages: Sequence[Message], tools: Sequence[Tool], *words: str) -> bool:
        """Whether a template renders these words, rather than failing or dropping them."""
        try:
            rendered = self._render([dict(m) for m in messages], tools)
        except ModelError:
            return False
        return all(word in rendered for word in words)

    def _control_strings(self) -> re.Pattern[str]:
        """Special tokens and scaffolding, longest first, so that parts come after wholes."""
        tokenizer = self._tokenizer
        values = {str(t) for t in getattr(tokenizer, "all_special_tokens", ())}
        values |= {str(t) for t in getattr(tokenizer, "get_added_vocab", dict)()}
        rendered = [self.render([_SYSTEM, *_PROBE])]
        if self.takes_tools:
            rendered.append(self.render([_SYSTEM, *_PROBE], [_TOOL_PROBE]))
        if self.takes_results:
            rendered.append(self.render([_SYSTEM, *_PROBE, *_RESULT_PROBE], [_TOOL_PROBE]))
        values |= {
            control
            for text in rendered
            for kind in (SCAFFOLD, _ROLE)
            for control in kind.findall(text)
        }
        copies = sorted((t for t in values if len(t) > 1 and t.strip()), key=len, reverse=True)
        return re.compile("|".join(map(re.escape, copies)) or r"(?!)")


def _with_parsed_arguments(call: Mapping[str, Any]) -> dict[str, Any]:
    """A tool call as templates read it: the protocol's JSON text of arguments made an object."""
    function = dict(call["function"])
    if isinstance(function["arguments"], str):
        function["arguments"] = json.loads(function["arguments"])
    return {**call, "function": function}


def load_template(path_or_folder: str | Path) -> Template:
    """The template of a server's model, from files that a person has beside it.

    ``place`` is a model's folder, or its ``tokenizer.json`` alone. Where there is a chat template,
    counts are exact as long as the server uses the same one; otherwise text is counted in the
    model's tokens, what the server puts around it is bounded, and ``bound`` says so.
    Raises ModelError when neither is there or it cannot be read.
    """
    path = Path(path_or_folder).expanduser()
    file = path / _TOKENIZER_FILE if path.is_dir() else path
    if not file.is_file():
        raise ModelError(
            "no tokenizer here", where=str(file), hint="give a model's folder or its tokenizer.json"
        )
    if path.is_dir() and (path / "tokenizer_config.json").is_file():
        from transformers import AutoTokenizer

        try:
            tokenizer = AutoTokenizer.from_pretrained(str(path), trust_remote_code=False)
        except Exception as error:  # the loader raises whatever its layers raise
            raise ModelError(f"cannot be read as a tokenizer: {error}", where=str(path)) from error
        if tokenizer.chat_template:
            return TokenizerTemplate(tokenizer, path.name)
    from tokenizers import Tokenizer

    try:
        words = Tokenizer.from_file(str(file))
    except Exception as error:  # the library raises nothing narrower
        raise ModelError(f"cannot be read as a tokenizer: {error}", where=str(file)) from error
    words.no_truncation()
    words.no_padding()
    return BoundedTemplate(lambda text: len(words.encode(text, add_special_tokens=False)))
