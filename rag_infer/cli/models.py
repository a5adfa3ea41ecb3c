"""``rag models``: the models at hand and what options call them; downloads of a few small ones."""

from __future__ import annotations

import importlib.util
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from rag_infer import settings
from rag_infer.cli.options import JsonOption
from rag_infer.cli.output import print_json, print_note, print_text
from rag_infer.cli.terminal import one_line, styled

if TYPE_CHECKING:
    from rag_infer.model_store import HubModel

_NOTHING = """No model server runs, none is downloaded, no profile is set up: answers are quotes.
Download a small model, or start a server, then run this again:
  download   rag models pull qwen2.5-1.5b
  Ollama     ollama serve, then: ollama pull qwen3:4b
  llama.cpp  llama-server -m MODEL.gguf --port 8080
  vLLM       vllm serve MODEL
  LM Studio  start its server in the Developer tab
Or use a folder with weights: rag ask --llm ./MODEL "..."."""


def _complete_action(incomplete: str) -> list[str]:
    return [name for name in ("pull", "remove") if name.startswith(incomplete)]


def _complete_name(incomplete: str) -> list[str]:
    from rag_infer.model_store import HUB_MODELS

    return [model.name for model in HUB_MODELS if model.name.startswith(incomplete)]


def models(
    action: Annotated[
        str | None,
        typer.Argument(
            metavar="[pull|remove]",
            help="Pull downloads a model, remove deletes a downloaded one.",
            autocompletion=_complete_action,
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]",
            help="The model. Pull without one lists those that can be downloaded.",
            autocompletion=_complete_name,
        ),
    ] = None,
    json_: JsonOption = False,
) -> None:
    """List the models at hand, or download one.

    Profiles, downloaded models, and the models of servers that run on this machine.
    """
    if action not in (None, "pull", "remove"):
        raise typer.BadParameter("there is: pull, remove", param_hint="action")
    if action is None:
        _list_at_hand(json_)
    elif name is None and action == "pull":
        _list_for_download(json_)
    elif name is None:
        raise typer.BadParameter("name the model to remove", param_hint="NAME")
    elif action == "pull":
        _pull(name, json_)
    else:
        _remove(name)


def _list_at_hand(json_: bool) -> None:
    from rag_infer.generate.discovery import available_models
    from rag_infer.model_store import EMBEDDING, pulled_models

    rows = available_models(settings.load())
    embedders = [model for model in pulled_models() if model.kind == EMBEDDING]
    if json_:
        print_json(rows)
        return
    if not rows:
        print_text(_NOTHING)
    else:
        columns = max(len(one_line(row.llm)) for row in rows)
        for row in rows:
            default = "  default" if row.is_default else ""
            source = styled(f"({one_line(row.source)})", "dim")
            print_text(f"{one_line(row.llm):{columns}}  {source}{default}")
        use = f"\nUse one: rag ask --llm {one_line(rows[0].llm)} ... Default: rag config init"
        print_text(styled(use, "dim"))
    for model in embedders:
        print_text(f"embedding model: rag index --embedder {model.name} ...")


def _list_for_download(json_: bool) -> None:
    from rag_infer.model_store import HUB_MODELS, local_path

    if json_:
        print_json(
            [
                {
                    "name": model.name,
                    "kind": model.kind,
                    "repository": model.repository,
                    "license": model.license,
                    "bytes": model.size,
                    "memory_gb": model.memory_gb,
                    "is_downloaded": local_path(model) is not None,
                    "files": [{"path": f.path, "sha256": f.sha256} for f in model.files],
                }
                for model in HUB_MODELS
            ]
        )
        return
    columns = max(len(model.name) for model in HUB_MODELS)
    for model in HUB_MODELS:
        state = "  downloaded" if local_path(model) is not None else ""
        print_text(
            f"{model.name:{columns}}  {model.kind:9}  {model.size / 1e6:>5,.0f} MB  "
            f"{model.memory_gb:.1f} GB memory  {model.license:10}  "
            + styled(model.repository, "dim")
            + state
        )
    print_text(styled("\nDownload one: rag models pull NAME", "dim"))


def _pull(name: str, json_: bool) -> None:
    from rag_infer.model_store import CHAT, HubFile, local_path, pull

    model = _listed(name)
    was_there = local_path(model) is not None

    def announce(file: HubFile) -> None:
        print_note(f"downloading {file.path}, {file.size / 1e6:,.0f} MB", "dim")

    path = pull(model, announce, show_progress=sys.stderr.isatty())
    if json_:
        print_json({"name": model.name, "path": str(path), "was_downloaded": not was_there})
        return
    print_text(f"{model.name}: {'is here already' if was_there else 'downloaded and checked'}")
    if model.kind == CHAT and importlib.util.find_spec("xllamacpp") is None:
        print_text("It needs llama.cpp: pip install 'rag-infer[gguf]'")
    option = "rag ask --llm" if model.kind == CHAT else "rag index --embedder"
    print_text(f"Use it: {option} {model.name} ...")


def _remove(name: str) -> None:
    from rag_infer.model_store import remove

    model = _listed(name)
    print_text(f"{model.name}: {'removed' if remove(model) else 'is not here'}")


def _listed(name: str) -> HubModel:
    from rag_infer.errors import InputError
    from rag_infer.model_store import HUB_MODELS, hub_model

    model = hub_model(name)
    if model is None:
        raise InputError(
            "there is no such model to download",
            where=name,
            hint=f"there are: {', '.join(m.name for m in HUB_MODELS)}; any other: hf download "
            "OWNER/NAME --local-dir FOLDER, then --llm FOLDER",
        )
    return model
