"""``rag models``: the language models at hand, and what ``--llm`` calls them."""

from __future__ import annotations

from rag_infer import settings
from rag_infer.cli.options import JsonOption
from rag_infer.cli.output import print_json, print_text
from rag_infer.cli.terminal import one_line, styled

_NOTHING = """No model server is running and no profile is configured. Answers are quotes.
Start one, then run this again:
  Ollama     ollama serve, then: ollama pull qwen3:4b
  llama.cpp  llama-server -m MODEL.gguf --port 8080
  vLLM       vllm serve MODEL
  LM Studio  start its server in the Developer tab
Or use a folder with weights: rag ask --llm ./MODEL "..."."""


def models(json_: JsonOption = False) -> None:
    """List the language models at hand.

    Profiles, and the models of servers that run on this machine.
    """
    from rag_infer.generate.discovery import available_models

    rows = available_models(settings.load())
    if json_:
        print_json(rows)
        return
    if not rows:
        print_text(_NOTHING)
        return
    columns = max(len(one_line(row.llm)) for row in rows)
    for row in rows:
        default = "  default" if row.is_default else ""
        source = styled(f"({one_line(row.source)})", "dim")
        print_text(f"{one_line(row.llm):{columns}}  {source}{default}")
    print_text(
        styled(
            f"\nUse one: rag ask --llm {one_line(rows[0].llm)} ... Default: rag config init", "dim"
        )
    )
