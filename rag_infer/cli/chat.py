"""``rag chat``: a conversation in the terminal.

Knows: the prompt, the commands that begin with a slash, what Ctrl-C stops.
Does not know: how questions are answered or kept.
"""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from rag_infer import settings
from rag_infer.cli import context_view, output, usage_report
from rag_infer.cli.options import IndexOption, JsonOption, LlmOption, RuntimeOption, ToolOption
from rag_infer.cli.terminal import one_line, shortened, styled
from rag_infer.errors import RagError

if TYPE_CHECKING:
    from rag_infer import Answer, AskOptions, Index
    from rag_infer.userdata.conversations import Conversation, ConversationStore

_HELP = """/sources   the passages of the last answer, whole
/context   what entered the context window, what was left out and why
/usage     time, tokens and cost of the last answer
/retry     ask the last question again
/new       begin a new conversation
/help      this
/quit      leave (so does Ctrl-D)

Alt-Enter, or Esc and then Enter, begins a new line. Ctrl-C stops an answer."""


def chat(
    index: IndexOption = None,
    llm: LlmOption = None,
    runtime: RuntimeOption = None,
    tool: ToolOption = None,
    max_tokens: Annotated[
        int, typer.Option("--max-tokens", min=1, help="Longest answer of a model.")
    ] = 512,
    resume: Annotated[
        str | None, typer.Option("--resume", metavar="ID", help="Go on with it; last: the newest.")
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="List what was talked about.")] = False,
    export: Annotated[
        str | None, typer.Option("--export", metavar="ID", help="Print it as Markdown; or last.")
    ] = None,
    delete: Annotated[
        str | None, typer.Option("--delete", metavar="ID", help="Delete it, text and all.")
    ] = None,
    json_: JsonOption = False,
) -> None:
    """Talk to your documents; each conversation is kept and can be resumed."""
    from rag_infer import AskOptions, Index
    from rag_infer.userdata.conversations import ConversationStore, as_markdown

    chosen = settings.load()
    kept = ConversationStore()
    opened = Index.open(index or chosen.index)
    place = str(opened.path.resolve())

    def named(given: str) -> str:
        return kept.last(place) if given == "last" else given

    if list_:
        _listed(kept.all(place), json_)
    elif export is not None:
        turns = kept.turns(named(export))
        shown = json.dumps(output.plain(turns), ensure_ascii=False, indent=2)
        sys.stdout.write(shown + "\n" if json_ else as_markdown(turns))
    elif delete is not None:
        kept.remove(named(delete))
    else:
        opened.status()  # an index that is not there should be told before a question is typed
        conversation = named(resume) if resume else kept.start(place)
        from rag_infer.answering import tool_registry

        names = tool_registry.resolve_tool_names(tool, chosen, llm or chosen.llm)
        with tool_registry.open_tools(names, chosen.mcp) as tools:
            options = AskOptions(
                llm=llm or chosen.llm,
                model_profiles=settings.profiles(chosen, llm or chosen.llm, runtime),
                tools=tools,
                max_tokens=max_tokens,
                reserve_followups=True,
                on_tool_result=output.asking(sys.stderr),
            )
            _Chat(opened, kept, conversation, place, options).run()


class _Chat:
    """The loop over what is typed."""

    def __init__(
        self,
        index: Index,
        kept: ConversationStore,
        conversation: str,
        place: str,
        options: AskOptions,
    ) -> None:
        self._index = index
        self._kept = kept
        self._conversation = conversation
        self._place = place
        self._options = options
        self._answers: list[Answer] = []  # of this conversation and this process
        self._commands: dict[str, Callable[[], None]] = {
            "/sources": self._sources,
            "/context": self._context,
            "/usage": self._usage,
            "/retry": self._retry,
            "/new": self._new,
            "/help": lambda: _tell(_HELP),
        }

    @property
    def _last(self) -> Answer | None:
        return self._answers[-1] if self._answers else None

    def run(self) -> None:
        for turn in self._kept.turns(self._conversation):
            _tell(styled(f"> {one_line(turn.question)}", "bold"))
            _tell(shortened(one_line(turn.answer), 400) + "\n")
        if sys.stdin.isatty():
            _tell(styled("Ask away; /help lists what else can be typed.", "dim"))
        for typed in _lines():
            if typed in ("/quit", "/exit"):
                return
            try:
                self._take(typed)
            except RagError as error:
                print(f"rag: {error}", file=sys.stderr)  # noqa: T201

    def _take(self, typed: str) -> None:
        if not typed:
            return
        if not typed.startswith("/"):
            self._ask(typed)
        elif typed in self._commands:
            self._commands[typed]()
        else:
            _tell(f"{one_line(typed)} is no command; /help lists them")

    def _ask(self, question: str) -> None:
        from rag_infer.userdata.conversations import history

        stopped = False

        def stop(_signal: int, _frame: FrameType | None) -> None:
            nonlocal stopped
            if stopped:
                raise KeyboardInterrupt
            stopped = True  # a second Ctrl-C does not wait for the model

        turns = self._kept.turns(self._conversation)
        options = replace(
            self._options,
            history=history(turns),
            on_text=output.stream(sys.stdout),
            should_stop=lambda: stopped,
            previous_answer=self._last,
        )
        try:
            with _interrupted_by(stop):
                answer = self._index.ask(question, options)
        except KeyboardInterrupt:
            _tell(styled("\n(stopped)", "dim"))
            return
        output.answer(answer)
        _tell(styled("(stopped)\n", "dim") if stopped else "")
        self._answers.append(answer)
        self._kept.add(self._conversation, answer)

    def _retry(self) -> None:
        turns = self._kept.turns(self._conversation)
        if not turns:
            _tell("There is no question yet.")
            return
        self._kept.delete_last_turn(self._conversation)
        self._answers = self._answers[:-1]
        self._ask(turns[-1].question)

    def _sources(self) -> None:
        if self._last is None:
            _tell("There is no answer yet.")
        else:
            output.hits(self._last.hits)

    def _context(self) -> None:
        if self._last is None:
            _tell("There is no answer yet.")
        else:
            context_view.show(self._last)

    def _usage(self) -> None:
        if self._last is None:
            _tell("There is no answer yet.")
        else:
            usage_report.spent(self._last)

    def _new(self) -> None:
        self._conversation = self._kept.start(self._place)
        self._answers = []
        _tell("A new conversation.")


def _lines() -> Iterator[str]:
    """What is typed, a question at a time; of a pipe, a line at a time, shown as if typed."""
    if not sys.stdin.isatty():
        for line in sys.stdin:
            if line.strip():
                _tell(styled(f"> {one_line(line)}", "bold"))
            yield line.strip()
        return
    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import WordCompleter
    from prompt_toolkit.key_binding import KeyBindings

    keys = KeyBindings()

    @keys.add("escape", "enter")
    def _(event: object) -> None:
        event.current_buffer.insert_text("\n")  # type: ignore[attr-defined]

    session: PromptSession[str] = PromptSession(
        key_bindings=keys,
        completer=WordCompleter(
            ["/sources", "/context", "/usage", "/retry", "/new", "/help", "/quit"], sentence=True
        ),
        complete_while_typing=False,
        prompt_continuation="  ",
    )
    while True:
        try:
            yield session.prompt("> ").strip()
        except KeyboardInterrupt:
            continue  # drops the line, not the chat
        except EOFError:
            return


@contextmanager
def _interrupted_by(stop: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _listed(found: list[Conversation], as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(output.plain(found), ensure_ascii=False, indent=2) + "\n")
        return
    if not found:
        _tell("No conversations about this index yet.")
    for one in found:
        when = one.changed[:16].replace("T", " ")
        count = f"{one.turns} turn{'s' * (one.turns != 1)}"
        _tell(f"{one.id}  {when}  {count:>8}  {shortened(one_line(one.title), 42)}")


def _tell(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
