"""A model's chat template together with its tokenizer: what is sent, and how long it is.

Knows: rendering, counting on what was rendered, keeping text from becoming control tokens.
Does not know: which passages are worth sending, models, windows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Protocol

from rag_infer.errors import ModelError

Message = Mapping[str, str]  # {"role": "system" | "user" | "assistant", "content": ...}

# Scaffolding that templates write as plain text: [INST], <|user|>, <<SYS>>, <start_of_turn>.
_SCAFFOLD = re.compile(r"<\|?/?[^<>\s|]{1,40}\|?>|<<[^<>\s]{1,40}>>|\[/?[A-Z][A-Z_]{1,30}\]")
_PROBE = [
    {"role": "user", "content": "Xq1"},
    {"role": "assistant", "content": "Xq2"},
    {"role": "user", "content": "Xq3"},
]


class Template(Protocol):
    """What a plan needs of a template. Counts are in the model's own tokens."""

    def render(self, messages: Sequence[Message]) -> str:
        """The exact prompt for a conversation, ready for the answer to follow."""
        ...

    def count(self, prompt: str) -> int:
        """Tokens of a rendered prompt, control tokens included."""
        ...

    def plain(self, text: str) -> str:
        """Text in which nothing is, or becomes, a control token or scaffolding of the template."""
        ...


class TokenizerTemplate:
    """The template of a Hugging Face tokenizer.

    A template without a system role gets the system text at the head of the first user turn, so
    that it is never lost. Raises ModelError for a tokenizer without a chat template.
    """

    def __init__(self, tokenizer: Any, name: str) -> None:
        if not getattr(tokenizer, "chat_template", None):
            raise ModelError(
                "this model has no chat template",
                where=name,
                hint="use an instruction-tuned model, or put a chat_template.jinja in its folder",
            )
        self._tokenizer = tokenizer
        self._name = name
        self._takes_system = self._try_system()
        self._control = self._control_strings()
        self._counted = lru_cache(maxsize=4096)(lambda prompt: len(self.ids(prompt)))

    def render(self, messages: Sequence[Message]) -> str:
        listed = [dict(m) for m in messages]
        if not self._takes_system and listed and listed[0]["role"] == "system":
            system = listed.pop(0)["content"]
            if not listed or listed[0]["role"] != "user":
                listed.insert(0, {"role": "user", "content": ""})
            listed[0]["content"] = f"{system}\n\n{listed[0]['content']}".rstrip()
        return self._render(listed)

    def plain(self, text: str) -> str:
        changed = text
        for control in self._control:
            if control in changed:
                # A space after its first character: a person reads the same, a tokenizer does not.
                changed = changed.replace(control, f"{control[0]} {control[1:]}")
        return changed

    def ids(self, prompt: str) -> list[int]:
        """Token ids of a rendered prompt."""
        found: list[int] = self._tokenizer(prompt, add_special_tokens=False)["input_ids"]
        return found

    def count(self, prompt: str) -> int:
        return self._counted(prompt)

    def _render(self, messages: list[dict[str, str]]) -> str:
        from jinja2.exceptions import TemplateError

        try:
            rendered: str = self._tokenizer.apply_chat_template(
                messages, tokenize=False, add_generation_prompt=True
            )
        except (TemplateError, TypeError, ValueError, KeyError) as error:
            raise ModelError(f"its chat template fails: {error}", where=self._name) from error
        return rendered

    def _try_system(self) -> bool:
        try:
            return "Xq0" in self._render([{"role": "system", "content": "Xq0"}, *_PROBE])
        except ModelError:
            return False

    def _control_strings(self) -> tuple[str, ...]:
        """Special tokens and scaffolding, longest first, so that parts come after wholes."""
        tokenizer = self._tokenizer
        found = {str(t) for t in getattr(tokenizer, "all_special_tokens", ())}
        found |= {str(t) for t in getattr(tokenizer, "get_added_vocab", dict)()}
        rendered = self.render([{"role": "system", "content": "Xq0"}, *_PROBE])
        found |= set(_SCAFFOLD.findall(rendered))
        return tuple(sorted((t for t in found if len(t) > 1 and t.strip()), key=len, reverse=True))


class BoundedTemplate:
    """For a server whose tokenizer is not at hand: a bound on the length that cannot be passed.

    No byte-level or SentencePiece tokenizer makes more tokens of a text than it has UTF-8 bytes;
    a turn is given 16 more for role markers. Counts are upper bounds and not the true ones.
    """

    def render(self, messages: Sequence[Message]) -> str:
        return "\n".join(f"{m['role']}: {m['content']}" for m in messages)

    def count(self, prompt: str) -> int:
        turns = 1 + prompt.count("\nuser: ") + prompt.count("\nassistant: ")
        return len(prompt.encode("utf-8", "surrogatepass")) + 16 * (turns + 1)

    def plain(self, text: str) -> str:
        return _SCAFFOLD.sub(lambda m: f"{m[0][0]} {m[0][1:]}", text)
