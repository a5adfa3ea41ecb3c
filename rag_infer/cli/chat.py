"""``rag chat``: a conversation in the terminal."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from rag_infer import settings
from rag_infer.cli import answer_view, context_view, usage_report
from rag_infer.cli.options import (
    IndexOption,
    JsonOption,
    LlmOption,
    MaxTokensOption,
    RuntimeOption,
    ToolOption,
)
from rag_infer.cli.output import count_of, print_error, print_json, print_text
from rag_infer.cli.terminal import one_line, shortened, styled
from rag_infer.cli.tracing_setup import start_traces
from rag_infer.errors import RagError

if TYPE_CHECKING:
    from rag_infer import Answer, AskOptions, Conversation, Index
    from rag_infer.tools import ToolSpec
    from rag_infer.userdata.conversations import ConversationStore, StoredConversation

_HELP = """/sources   show the passages of the last answer in full
/context   show what the context window held, what was left out and why
/usage     show time, tokens and cost of the last answer
/retry     ask the last question again
/right     the last answer is right: a question for rag eval --from-feedback
/wrong     it is wrong; /wrong TEXT says what would be right
/new       start a new conversation
/help      show this list
/quit      leave (as does Ctrl-D)

Alt-Enter, or Esc and then Enter, starts a new line. Ctrl-C stops an answer."""
_MAX_RESUMED_COLUMNS = 400
_MAX_TITLE_COLUMNS = 42


def chat(
    index: IndexOption = None,
    llm: LlmOption = None,
    runtime: RuntimeOption = None,
    tool: ToolOption = None,
    max_tokens: MaxTokensOption = 512,
    resume: Annotated[
        str | None,
        typer.Option("--resume", metavar="ID", help="Continue this conversation; or last."),
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="List the conversations.")] = False,
    export: Annotated[
        str | None,
        typer.Option("--export", metavar="ID", help="Print a conversation as Markdown; or last."),
    ] = None,
    delete: Annotated[
        str | None,
        typer.Option("--delete", metavar="ID", help="Delete a conversation and its text."),
    ] = None,
    json_: JsonOption = False,
) -> None:
    """Start a conversation. It is saved and can be resumed."""
    from rag_infer import AskOptions, GenerationOptions, Index, RetrievalOptions
    from rag_infer.userdata.conversations import ConversationStore, as_markdown

    configured = settings.load()
    model = llm or configured.llm
    start_traces(configured)
    store = ConversationStore()
    target = Index.open(index or configured.index)
    path = str(target.path.resolve())

    def conversation_id(argument: str) -> str:
        return store.last(path) if argument == "last" else argument

    if list_:
        conversations = store.all(path)
        print_json(conversations) if json_ else _render_conversations(conversations)
    elif export is not None:
        turns = store.turns(conversation_id(export))
        print_json(turns) if json_ else sys.stdout.write(as_markdown(turns))
    elif delete is not None:
        store.remove(conversation_id(delete))
    else:
        status = target.status()  # a missing index is reported before a question is typed
        resumed = conversation_id(resume) if resume else None
        conversation = target.conversation(resumed, store=store)
        from rag_infer.answering import tool_registry

        names = tool_registry.resolve_tool_names(tool, configured, model)
        with tool_registry.open_tools(names, configured.mcp) as tools:
            options = AskOptions(
                retrieval=RetrievalOptions(reranker=configured.reranker),
                generation=GenerationOptions(
                    max_tokens=max_tokens,
                    model_profiles=settings.profiles(configured, model, runtime),
                    **configured.prompts.options(),
                ),
                verifier=configured.verifier,
            )
            if sys.stdin.isatty():
                documents = count_of(status.documents, "document")
                greeting = f"{target.path.name}: {documents}, answers by {model}. /help for help."
                print_text(styled(one_line(greeting), "dim"))
                _offer_model(model)
            _Chat(target, store, conversation, model, tools, options).run()


def _offer_model(llm: str) -> None:
    """Where answers are quotes though a model server runs here: how its models are used."""
    from rag_infer.generate import EXTRACTIVE
    from rag_infer.generate.discovery import find_servers

    specs = (
        [spec for server in find_servers() for spec in server.specs] if llm == EXTRACTIVE else []
    )
    if specs:
        hint = f"A model runs here: rag chat --llm {specs[0]} lets it write the answers."
        print_text(styled(one_line(hint), "dim"))


class _Chat:
    """The loop that reads and answers input."""

    def __init__(
        self,
        index: Index,
        store: ConversationStore,
        conversation: Conversation,
        llm: str,
        tools: Sequence[ToolSpec],
        options: AskOptions,
    ) -> None:
        self._index = index
        self._store = store
        self._conversation = conversation
        self._llm = llm
        self._tools = tools
        self._options = options
        self._answers: list[Answer] = []  # of this conversation and this process
        self._commands: dict[str, Callable[[], None]] = {
            "/sources": self._sources,
            "/context": self._context,
            "/usage": self._usage,
            "/retry": self._retry,
            "/right": lambda: self._judge(is_right=True),
            "/new": self._new,
            "/help": lambda: print_text(_HELP),
        }

    @property
    def _last(self) -> Answer | None:
        return self._answers[-1] if self._answers else None

    def run(self) -> None:
        stored_id = self._conversation.id
        for turn in self._store.turns(stored_id) if stored_id else ():
            print_text(styled(f"> {one_line(turn.question)}", "bold"))
            print_text(shortened(one_line(turn.answer), _MAX_RESUMED_COLUMNS) + "\n")
        for line in _input_lines():
            if line in ("/quit", "/exit"):
                return
            try:
                self._handle(line)
            except RagError as error:
                print_error(error)

    def _handle(self, line: str) -> None:
        if not line:
            return
        if not line.startswith("/"):
            self._ask(line)
        elif line in self._commands:
            self._commands[line]()
        elif line.split(maxsplit=1)[0] == "/wrong":
            self._judge(is_right=False, correction=line.removeprefix("/wrong"))
        else:
            print_text(f"unknown command {one_line(line)}. /help lists the commands")

    def _ask(self, question: str) -> None:
        from rag_infer.answering.events import collect_answer
        from rag_infer.generate import EXTRACTIVE

        is_stopped = False

        def stop(_signal: int, _frame: FrameType | None) -> None:
            nonlocal is_stopped
            if is_stopped:
                raise KeyboardInterrupt
            is_stopped = True  # a second Ctrl-C does not wait for the model

        streams = self._llm != EXTRACTIVE and sys.stdout.isatty()
        events = self._index.stream(
            question,
            llm=self._llm,
            tools=self._tools,
            conversation=self._conversation,
            options=replace(self._options, should_stop=lambda: is_stopped),
        )
        view = answer_view.StreamView(sys.stdout, sys.stderr)
        try:
            with _interrupted_by(stop):
                answer = collect_answer(
                    events,
                    on_text=view.write_text if streams else None,
                    on_step=view.write_step,
                    on_status=view.write_status if streams else None,
                    on_tool_result=answer_view.tool_result_writer(sys.stderr),
                )
        except KeyboardInterrupt:
            print_text(styled("\n(stopped)", "dim"))
            return
        except RagError:
            view.break_off()
            raise
        answer_view.render_answer(answer, streamed=streams)
        print_text(styled("(stopped)\n", "dim") if is_stopped else "")
        self._answers.append(answer)

    def _retry(self) -> None:
        question = self._conversation.delete_last_turn()
        if question is None:
            print_text("There is no question yet.")
            return
        self._answers = self._answers[:-1]
        self._ask(question)

    def _sources(self) -> None:
        if self._last is None:
            print_text("There is no answer yet.")
        else:
            answer_view.render_hits(self._last.hits)

    def _context(self) -> None:
        if self._last is None:
            print_text("There is no answer yet.")
        else:
            context_view.render_context(self._last)

    def _usage(self) -> None:
        if self._last is None:
            print_text("There is no answer yet.")
        else:
            usage_report.render_usage(self._last)

    def _judge(self, *, is_right: bool, correction: str | None = None) -> None:
        """Stores what the person says of the last answer."""
        from rag_infer.userdata.feedback import FeedbackStore, turn_of

        if self._last is None:
            print_text("There is no answer yet.")
            return
        index = str(self._index.path.resolve())
        store = FeedbackStore()
        store.add(index, turn_of(self._last), is_right=is_right, correction=correction)
        print_text("Noted, on this machine only. rag eval --from-feedback asks it again.")

    def _new(self) -> None:
        self._conversation = self._index.conversation(store=self._store)
        self._answers = []
        print_text("New conversation.")


def _input_lines() -> Iterator[str]:
    """Questions and commands from the terminal, or the lines of a pipe, echoed as if typed."""
    if not sys.stdin.isatty():
        for line in sys.stdin:
            if line.strip():
                print_text(styled(f"> {one_line(line)}", "bold"))
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
            [
                "/sources",
                "/context",
                "/usage",
                "/retry",
                "/right",
                "/wrong",
                "/new",
                "/help",
                "/quit",
            ],
            sentence=True,
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
    previous_handler = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous_handler)


def _render_conversations(conversations: list[StoredConversation]) -> None:
    if not conversations:
        print_text("No conversations about this index yet.")
    for conversation in conversations:
        changed = conversation.changed[:16].replace("T", " ")
        turns = count_of(conversation.turns, "turn")
        title = shortened(one_line(conversation.title), _MAX_TITLE_COLUMNS)
        print_text(f"{conversation.id}  {changed}  {turns:>8}  {title}")
