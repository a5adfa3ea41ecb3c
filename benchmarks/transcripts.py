"""What a person sees of the context window: the ledger and the exact prompt, here and by a server.

    python benchmarks/transcripts.py

A chat model of real architecture (Qwen2, random weights, a tokenizer trained on the corpus) is made
in a temporary folder. One question is asked of it with --show-context and with --dry-run, then
through an OpenAI-compatible server on loopback that runs the same model: without its tokenizer, so
that counts are bounds, and with it, so that they are exact. The words that it writes are noise.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))  # the tiny model and the server are the tests'

QUESTION = "Why is decoding limited by memory bandwidth?"
WINDOW = 1536
RAG = Path(sys.executable).with_name("rag")
CORPUS = Path(__file__).parents[1] / "corpus"


def main() -> None:
    from rag_infer.context.plan import Budget, plan
    from rag_infer.generate import GenerateOptions, TokenUsage, load_generator
    from tests.factories import save_model
    from tests.generate.test_openai_chat import event, server, streamed

    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        model = save_model(home / "tiny-qwen2", window=WINDOW)
        run(home, "index", str(CORPUS), show=False)
        print("# A model in a folder\n")
        run(home, "ask", QUESTION, "--llm", str(model), *LIMITS, "--show-context", "--usage")
        run(home, "ask", QUESTION, "--llm", str(model), *LIMITS, "--dry-run", lines=24)

        here = load_generator(str(model))

        def behave(to: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
            """The server's side: renders what it was sent with the model's own template."""
            prompt = here.template.render(body["messages"])
            context_plan = plan(here.template, Budget(here.window, body["max_tokens"]), "x")
            from dataclasses import replace

            sent = replace(context_plan, prompt=prompt)
            counted: list[TokenUsage] = []
            options = GenerateOptions(max_tokens=body["max_tokens"], on_usage=counted.append)
            pieces = [p for p in here.stream(sent, options) if p]
            used = {
                "prompt_tokens": here.template.count(prompt),
                "completion_tokens": here.template.count("".join(pieces)),
            }
            used["total_tokens"] = sum(used.values())
            streamed(to, *(event(p) for p in pieces), event(None, "stop"), event("", usage=used))

        with server(behave, window=WINDOW) as (url, requests):
            for title, tokenizer in (
                ("by a server whose tokenizer is not at hand", ""),
                ("by the same server, its tokenizer configured", f'tokenizer = "{model}"\n'),
            ):
                profile = f'[models.local]\nmodel = "m"\nbase_url = "{url}"\n{tokenizer}'
                config = home / "config" / "rag-infer" / "config.toml"
                config.parent.mkdir(parents=True, exist_ok=True)
                config.write_text(profile, "utf-8")
                print(f"\n# The same question {title}\n")
                run(home, "ask", QUESTION, "--llm", "local", *LIMITS, "--show-context", "--usage")
            run(home, "ask", QUESTION, "--llm", "local", *LIMITS, "--dry-run", lines=12)
            sent = here.template.count(here.template.render(requests[-1]["messages"]))
            print(f"\nthe server counted {sent} tokens of the last prompt, of {WINDOW}")


LIMITS = ["--max-tokens", "24"]


def run(home: Path, *arguments: str, show: bool = True, lines: int = 0) -> None:
    """A command as it looks, both streams together; long output to its first ``lines``."""
    done = subprocess.run(
        [str(RAG), *arguments],
        env={
            **os.environ, "RAG_INDEXES": str(home / "indexes"), "NO_COLOR": "1",
            "XDG_CONFIG_HOME": str(home / "config"), "XDG_DATA_HOME": str(home / "data"),
            "HF_HUB_OFFLINE": "1", "PYTHONUNBUFFERED": "1",
        },
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True, cwd=home,
    )  # fmt: skip
    if not show:
        return
    command_line = " ".join(json.dumps(a) if " " in a else a for a in arguments)
    print(f"$ rag {command_line}".replace(str(home) + "/", ""))
    output = done.stdout.replace(str(home) + "/", "").splitlines()
    cut = output[:lines] if lines else output
    print("\n".join(cut))
    if len(cut) < len(output):
        print(f"... ({len(output) - len(cut)} more lines)")
    print(flush=True)


if __name__ == "__main__":
    main()
