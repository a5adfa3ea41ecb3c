"""Options that several commands share."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag_infer.errors import InputError

if TYPE_CHECKING:
    from rag_infer import Filter


def index_names() -> list[str]:
    """The named indexes of this user, in order."""
    from rag_infer.settings import indexes_folder

    try:
        names = [p.name for p in indexes_folder().iterdir() if (p / "CURRENT").is_file()]
    except OSError:
        return []
    return sorted(names)


@contextmanager
def values_of(option: str) -> Iterator[None]:
    """Turns an InputError about the value of an option into wrong usage, which exits with 2."""
    try:
        yield
    except InputError as error:
        message = f"{error.what}; {error.hint}" if error.hint else error.what
        raise typer.BadParameter(message, param_hint=option) from None


def _checked_runtime(name: str | None) -> str | None:
    from rag_infer.settings import RUNTIMES

    if name is not None and name not in RUNTIMES:
        raise typer.BadParameter(f"there is no runtime '{name}'; use: {', '.join(RUNTIMES)}")
    return name


def _complete_index(incomplete: str) -> list[str]:
    return [name for name in index_names() if name.startswith(incomplete)]


def complete_model(incomplete: str) -> list[str]:
    """Names that ``--llm`` takes: profiles, and models of servers that run on this machine."""
    from rag_infer import settings
    from rag_infer.generate import EXTRACTIVE
    from rag_infer.generate.discovery import available_models

    names = [EXTRACTIVE, *(row.llm for row in available_models(settings.load()))]
    return [name for name in names if name.startswith(incomplete)]


IndexOption = Annotated[
    str | None,
    typer.Option(
        "--index",
        "-i",
        metavar="NAME_OR_PATH",
        help="Index to use: a name, a path, or s3://BUCKET/PREFIX.",
        envvar="RAG_INDEX",
        autocompletion=_complete_index,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON with stable keys.")]
EmbedderOption = Annotated[
    str | None,
    typer.Option(
        "--embedder",
        metavar="MODEL",
        help="Embedding model: minilm (bundled), multilingual, a folder, or a hub id.",
        envvar="RAG_EMBEDDER",
    ),
]
RerankerOption = Annotated[
    str | None,
    typer.Option(
        "--reranker",
        metavar="MODEL",
        envvar="RAG_RERANKER",
        help="Cross-encoder (folder or hub id) that reorders the candidates.",
    ),
]
LlmOption = Annotated[
    str | None,
    typer.Option(
        "--llm",
        metavar="MODEL",
        envvar="RAG_LLM",
        help="extractive (quotes, no model), or a model; rag models lists those at hand.",
        autocompletion=complete_model,
    ),
]
MaxTokensOption = Annotated[
    int, typer.Option("--max-tokens", min=1, help="Longest answer of a model, in tokens.")
]
ToolOption = Annotated[
    list[str] | None,
    typer.Option(
        "--tool",
        metavar="NAME",
        help="Tool the model may call: calculator, search, table, all, or an MCP server. "
        "Repeatable.",
    ),
]
RuntimeOption = Annotated[
    str | None,
    typer.Option(
        "--runtime",
        metavar="NAME",
        callback=_checked_runtime,
        envvar="RAG_RUNTIME",
        help="Runtime of a local model: openvino (converts it once) or transformers.",
    ),
]
VerifierOption = Annotated[
    str | None,
    typer.Option(
        "--verifier",
        metavar="MODEL",
        envvar="RAG_VERIFIER",
        help="NLI cross-encoder (folder or hub id) that checks claims.",
    ),
]
PasswordOption = Annotated[
    list[str] | None,
    typer.Option("--password", help="Password for encrypted files. Repeatable."),
]
DropUnsupportedOption = Annotated[
    bool,
    typer.Option("--drop-unsupported", help="Leave out claims the sources do not support."),
]
GroupsOption = Annotated[
    list[str] | None,
    typer.Option("--as-group", metavar="GROUP", help="Read as a member of this group. Repeatable."),
]
_PathsOption = Annotated[
    list[str] | None,
    typer.Option("--path", metavar="GLOB", help="Only documents whose path matches. Repeatable."),
]
_FormatsOption = Annotated[
    list[str] | None,
    typer.Option("--format", metavar="NAME", help="Only documents of this format, such as pdf."),
]
_MetadataOption = Annotated[
    list[str] | None,
    typer.Option("--metadata", metavar="KEY=VALUE", help="Only documents with this metadata."),
]
_SinceOption = Annotated[
    str | None,
    typer.Option("--since", metavar="DATE", help="Only documents dated 2024, 2024-03, ... on."),
]
_UntilOption = Annotated[
    str | None,
    typer.Option("--until", metavar="DATE", help="Only documents dated up to that date."),
]
_AsOfOption = Annotated[
    str | None,
    typer.Option("--as-of", metavar="DATE", help="As it was then: none that is dated later."),
]
_FILTER_OPTIONS: dict[str, Any] = {
    "path": _PathsOption,
    "format_": _FormatsOption,
    "metadata": _MetadataOption,
    "since": _SinceOption,
    "until": _UntilOption,
    "as_of": _AsOfOption,
    "as_group": GroupsOption,
}


@dataclass(frozen=True, slots=True)
class FilterArguments:
    """The values of the options that restrict which documents a command reads."""

    path: list[str] | None
    format_: list[str] | None
    metadata: list[str] | None
    since: str | None
    until: str | None
    as_of: str | None
    as_group: list[str] | None

    def to_filter(self) -> Filter:
        """The filter of the library. Raises BadParameter for a value of the wrong form."""
        from rag_infer import Filter

        pairs = [item.partition("=") for item in self.metadata or ()]
        if not all(separator for _, separator, _ in pairs):
            raise typer.BadParameter("expected KEY=VALUE", param_hint="--metadata")
        dates = {"--since": self.since, "--until": self.until, "--as-of": self.as_of}
        option = ", ".join(name for name, date in dates.items() if date) or "the filter"
        with values_of(option):
            return Filter(
                paths=self.path or (),
                formats=self.format_ or (),
                metadata={key: value for key, _, value in pairs},
                groups=self.as_group or None,
                since=self.since,
                until=self.until,
                as_of=self.as_of,
            )


def with_filter_options(command: Callable[..., None]) -> Callable[..., None]:
    """A command whose parameter ``filter_arguments`` is filled from the filter options."""
    parameters: list[inspect.Parameter] = []
    for parameter in inspect.signature(command, eval_str=True).parameters.values():
        if parameter.annotation is FilterArguments:
            parameters += [
                inspect.Parameter(
                    name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=option
                )
                for name, option in _FILTER_OPTIONS.items()
            ]
        else:
            parameters.append(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY))

    @functools.wraps(command)
    def run(**values: Any) -> None:
        arguments = FilterArguments(**{name: values.pop(name) for name in _FILTER_OPTIONS})
        command(**values, filter_arguments=arguments)

    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {p.name: p.annotation for p in parameters}
    return run


def check_engine(name: str) -> None:
    """Raises BadParameter where nothing that runs processes has this name."""
    from rag_infer.jobs.engines import ENGINES

    if name not in ENGINES:
        raise typer.BadParameter(f"expected {' or '.join(ENGINES)}", param_hint="--on")
