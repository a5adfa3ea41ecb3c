"""The true path through a chat model of real architecture: load, plan, stream, stop, cite."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rag_infer import Index
from rag_infer.context.plan import Budget, plan
from rag_infer.errors import ModelError
from rag_infer.generate import GenerateOptions, Generator, load_generator
from tests.ask_arguments import ask
from tests.factories import save_model

NOTE = "The key-value cache stores the keys and values of earlier tokens."


@pytest.fixture(scope="module")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_model(tmp_path_factory.mktemp("models") / "tiny-chat")


@pytest.fixture(scope="module")
def generator(model_folder: Path) -> Generator:
    return load_generator(str(model_folder))


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    folder = tmp_path_factory.mktemp("docs")
    (folder / "note.md").write_text(NOTE)
    index = Index.open(folder / "index", create=True)
    index.add(folder / "note.md")
    return index


def test_streamed_pieces_are_what_generate_writes(generator: Generator, model_folder: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    prompt = plan(generator.template, Budget(generator.window, 24), "What is cached?")
    pieces = list(generator.stream(prompt, GenerateOptions(max_tokens=24)))
    assert len(pieces) > 1
    words = AutoTokenizer.from_pretrained(model_folder)
    reference = AutoModelForCausalLM.from_pretrained(model_folder, dtype=torch.float32)
    ids = torch.tensor([words(prompt.prompt, add_special_tokens=False)["input_ids"]])
    expected = reference.generate(ids, max_new_tokens=24, do_sample=False)
    assert "".join(pieces) == words.decode(expected[0, ids.shape[1] :], skip_special_tokens=True)


def test_sampling_follows_its_seed(generator: Generator) -> None:
    prompt = plan(generator.template, Budget(generator.window, 16), "What?")

    def text(seed: int) -> str:
        options = GenerateOptions(max_tokens=16, temperature=1.5, seed=seed)
        return "".join(generator.stream(prompt, options))

    assert text(1) == text(1)
    assert len({text(seed) for seed in range(4)}) > 1


def test_stopping_ends_the_text(generator: Generator) -> None:
    prompt = plan(generator.template, Budget(generator.window, 400), "What?")
    count = 0

    def stopped() -> bool:
        return count >= 3

    for _ in generator.stream(prompt, GenerateOptions(max_tokens=400, should_stop=stopped)):
        count += 1
    assert 3 <= count < 100


def test_a_reader_that_goes_away_stops_the_writer(generator: Generator) -> None:
    import threading

    prompt = plan(generator.template, Budget(generator.window, 1000), "What?")
    stream = generator.stream(prompt, GenerateOptions(max_tokens=1000))
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    assert threading.active_count() < 10


def test_ask_with_a_model_streams_counts_and_cites(index: Index, generator: Generator) -> None:
    heard: list[str] = []
    answer = ask(
        index,
        "What does the cache store?",
        llm=generator,
        max_tokens=20,
        on_text=heard.append,
        second_opinion=False,
    )
    assert "".join(heard) == answer.text
    assert answer.model == "tiny-chat"
    assert answer.context is not None
    assert NOTE in answer.context.prompt
    assert answer.usage.prompt_tokens == answer.context.tokens
    assert answer.usage.first_token_s is not None
    assert all(claim.verdict != "supported" for claim in answer.claims)


def test_written_numbers_are_held_to_the_passages(index: Index, generator: Generator) -> None:
    """A model that writes markers: its words are fixed here, everything around it is real."""

    class Scripted:
        name, window, template = "scripted", generator.window, generator.template

        def stream(self, prompt: object, options: object) -> object:
            yield from ("It stores keys", " [", "1", "] and values [7].", " `x[3]`")

    answer = index.ask("What does the cache store?", llm=Scripted())  # type: ignore[arg-type]
    assert answer.text == "It stores keys [1] and values . `x[3]`"
    assert [c.number for c in answer.citations] == [1]
    assert answer.citations[0].span.quote == NOTE
    assert any("[7]" in w for w in answer.warnings)


@pytest.mark.parametrize("family,architecture", [("llama3", "llama"), ("gemma", "gemma")])
def test_other_families_load_and_write(tmp_path: Path, family: str, architecture: str) -> None:
    prompt = load_generator(str(save_model(tmp_path / "m", family, architecture)))
    planned = plan(prompt.template, Budget(prompt.window, 8), "What?")
    assert "".join(prompt.stream(planned, GenerateOptions(max_tokens=8)))


def test_what_cannot_be_loaded_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match="empty"):
        load_generator(str(tmp_path / "empty"))
    with pytest.raises(ModelError, match="no such model folder"):
        load_generator(str(tmp_path / "nowhere"))


def test_the_command_streams_an_answer(index: Index, model_folder: Path) -> None:
    rag = Path(sys.executable).with_name("rag")
    command = [
        str(rag),
        "ask",
        "What is stored?",
        "-i",
        str(index.path),
        "--llm",
        str(model_folder),
    ]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        [*command, "--max-tokens", "8"], capture_output=True, text=True, env=environment, check=True
    )
    assert done.stdout.strip()
    as_json = subprocess.run(
        [*command, "--max-tokens", "8", "--json"],
        capture_output=True, text=True, env=environment, check=True,
    )  # fmt: skip
    answer = json.loads(as_json.stdout)
    assert answer["model"] == "tiny-chat"
    assert answer["context"]["tokens"] + answer["context"]["reserve"] <= answer["context"]["window"]
