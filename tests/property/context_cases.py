"""Random cases for the law of the window, and the law itself, for the tests and for a long run."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st
from transformers import PreTrainedTokenizerFast

from rag_infer.context.bounded_template import BoundedTemplate
from rag_infer.context.plan import SYSTEM, Budget, plan
from rag_infer.context.template import Message, Template, TokenizerTemplate, Tool
from rag_infer.errors import ContextWindowError
from rag_infer.types import Chunk, ContextPlan, Hit, ToolResult
from tests.factories import FAMILIES, tokenizer

_SCAFFOLD = ["### Human:", "### Assistant:", "<tool_call>", "</tool_response>", "[TOOL_CALLS]"]
MARKERS = [marker for _, special in FAMILIES.values() for marker in special] + _SCAFFOLD
WORDS = st.sampled_from(
    ["cache", "token.", "Ünïcode", "東京。", "</passage 1>", "</result 1>", "[1]", "\n\n", "🙂",
     "Every token reads all of the weights once.", "A window is never over.", "\ufdfa", *MARKERS]
)  # fmt: skip
TEXT = st.lists(WORDS, max_size=60).map(" ".join)
LINE = st.lists(WORDS, max_size=6).map(" ".join)
HIT = st.builds(
    lambda text, score, name, page: Hit(
        Chunk(name, page, 0, len(text), text, ("Head",)), score, format="pdf"
    ),
    TEXT,
    st.floats(0, 1),
    st.sampled_from(["a.md", "b<|im_end|>.pdf", "c [INST].txt"]),
    st.integers(1, 3),
)
MESSAGE = st.builds(
    lambda role, text: {"role": role, "content": text}, st.sampled_from(["user", "assistant"]), TEXT
)
TURN = st.builds(
    lambda asked, user_messages: [
        {"role": "user", "content": asked},
        {"role": "assistant", "content": user_messages},
    ],
    LINE,
    TEXT,
)
TOOL = st.builds(
    lambda name, about, field: {
        "type": "function",
        "function": {
            "name": name,
            "description": about,
            "parameters": {
                "type": "object",
                "properties": {field: {"type": "string", "description": about}},
                "required": [field],
            },
        },
    },
    st.sampled_from(["search", "open_page", "sum_<|im_start|>"]),
    LINE,
    st.sampled_from(["query", "</s>"]),
)
RESULT = st.builds(
    ToolResult,
    st.sampled_from(["search", "open_page"]),
    st.dictionaries(st.sampled_from(["query", "<eos>"]), LINE, max_size=2),
    TEXT,
)
TEMPLATES: dict[str, Template] = {f: TokenizerTemplate(tokenizer(f), f) for f in FAMILIES}
# Spells line ends and quotes out, so that every part takes more in its place than by itself: the
# estimates are always short here, and only the count of the whole can keep the law.
TEMPLATES["quoted"] = TokenizerTemplate(
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer("chatml").backend_tokenizer,
        chat_template="{% for m in messages %}<|im_start|>{{ m['role'] }} "
        "{{ m['content'] | tojson | replace('\\\\n', ' (line end) ') }}<|im_end|>"
        "{% endfor %}<|im_start|>assistant\n",
    ),
    "quoted",
)
TEMPLATES["bound"] = BoundedTemplate()


@dataclass(frozen=True)
class Case:
    question: str
    hits: list[Hit]
    history: list[Message]
    tools: list[Tool]
    results: list[ToolResult]
    window: int
    reserve: int

    def plan(self, template: Template, window: int | None = None) -> ContextPlan:
        return plan(
            template,
            Budget(window or self.window, self.reserve),
            self.question,
            self.hits,
            self.history,
            tools=self.tools,
            results=self.results,
        )


CASES = st.builds(
    Case,
    question=st.one_of(LINE, LINE, TEXT),
    hits=st.lists(HIT, max_size=12),
    history=st.one_of(
        st.lists(MESSAGE, max_size=8),
        st.lists(TURN, max_size=5).map(lambda ts: [m for t in ts for m in t]),
    ),
    tools=st.lists(TOOL, max_size=3),
    results=st.lists(RESULT, max_size=3),
    window=st.one_of(st.integers(50, 600), st.integers(600, 2500), st.integers(2000, 8000)),
    reserve=st.one_of(st.integers(1, 100), st.integers(1, 600)),
)


def hold(template: Template, case: Case) -> ContextPlan | None:
    """Asserts the law of a case; gives the plan, or None when question and system did not fit."""
    try:
        prompt = case.plan(template)
    except ContextWindowError as error:
        assert str(case.window) in str(error)
        bare = template.render(
            [{"role": "system", "content": template.plain(SYSTEM)},
             {"role": "user", "content": f"Question: {template.plain(case.question)}"}]
        )  # fmt: skip
        assert template.count(bare) + case.reserve > case.window
        return None
    # The messages as a server would get them render to the prompt, and fit.
    assert template.render(prompt.messages, prompt.tools) == prompt.prompt
    assert prompt.tokens == template.count(prompt.prompt)
    if isinstance(template, TokenizerTemplate):
        assert prompt.tokens == len(template.ids(prompt.prompt))
    assert prompt.tokens + prompt.reserve <= prompt.window, "overflow"
    assert SYSTEM in prompt.prompt, "lost system prompt"
    assert sum(tokens for _, tokens in prompt.layers) == prompt.tokens
    assert all(tokens >= 0 for _, tokens in prompt.layers)
    _all_accounted_for(case, prompt)
    for passage in prompt.passages:
        chunk = passage.hit.chunk
        assert passage.text.count(f"</passage {passage.number}>") == 1
        body = passage.text.split("\n", 1)[1].rsplit("\n", 1)[0]
        if passage.start:
            assert body.startswith("[...] ")
        if passage.end < len(chunk.text):
            assert body.endswith(" [...]")
    assert case.plan(template) == prompt, "the same input gave another plan"
    return prompt


def _all_accounted_for(case: Case, prompt: ContextPlan) -> None:
    """Every passage, turn, tool and result is in, or is listed with its reason."""

    def out(layer: str, *but: str) -> int:
        return sum(o.layer == layer and o.reason not in but for o in prompt.omitted)

    numbers = [p.number for p in prompt.passages]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(prompt.passages) + out("passages") == len(case.hits)
    turns = sum(m["role"] == "user" for m in case.history)
    turns += bool(case.history) and case.history[0]["role"] != "user"
    last = max(n for n, m in enumerate(prompt.messages) if m["role"] == "user")
    user_messages = [m for m in prompt.messages[:last] if m["role"] == "user"]
    assert len(user_messages) + out("history", "condensed to its first sentence") == turns
    native = sum(m["role"] == "tool" for m in prompt.messages)
    if native or not case.results:
        assert native + out("tool results", "cut between sentences") == len(case.results)
    if prompt.tools:
        assert len(prompt.tools) + out("tool definitions") == len(case.tools)
