"""Chat models of real architectures on OpenVINO: what they write, and what may not change it."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest

if find_spec("nncf") is None:  # its import takes seconds, of all who collect tests
    pytest.skip("pip install 'rag-infer[openvino]'", allow_module_level=True)

from rag_infer.context.plan import Budget, plan
from rag_infer.errors import InputError, MissingDependencyError, ModelError
from rag_infer.generate import (
    GenerateOptions,
    TokenUsage,
    fingerprint,
    load_generator,
    runtime_selection,
)
from rag_infer.generate import openvino_chat as module
from rag_infer.generate.json_schema import check
from rag_infer.generate.openvino_chat import OpenVinoChat
from rag_infer.generate.openvino_convert import convert_model
from rag_infer.settings import ModelProfile, Settings, profiles
from tests.factories import save_model
from tests.generate.test_json_schema import SCHEMA
from tests.generate.test_kv_cache import ARCHITECTURES, QUESTIONS, asked, said


@pytest.fixture(scope="module", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("models")
    return {arch: save_model(root / arch, family, arch) for family, arch in ARCHITECTURES}


@pytest.fixture(scope="module")
def model(folders: dict[str, Path]) -> OpenVinoChat:
    return OpenVinoChat(folders["qwen2"])


@pytest.mark.parametrize(
    "architecture,precision",
    [("qwen2", "int8"), ("llama", "int8"), ("gemma", "int8"), ("llama", "int4")],
)
def test_greedy_answers_are_the_same_with_and_without_the_cache(
    folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch, architecture: str, precision: str
) -> None:
    model = OpenVinoChat(folders[architecture], precision)
    monkeypatch.setenv("RAG_PREFIX_CACHE_MB", "0")
    fresh: list[TokenUsage] = []
    plain = [said(model, q, fresh) for q in QUESTIONS]
    assert [c.cached for c in fresh] == [0, 0, 0]
    monkeypatch.delenv("RAG_PREFIX_CACHE_MB")
    counted: list[TokenUsage] = []
    assert [said(model, q, counted) for q in QUESTIONS] == plain
    assert counted[0].cached == 0
    assert all(c.cached > 0.8 * c.prompt for c in counted[1:])
    assert [(c.prompt, c.output) for c in counted] == [(c.prompt, c.output) for c in fresh]


@pytest.mark.parametrize("architecture", ["qwen2", "llama", "gemma"])
def test_what_is_looked_up_changes_no_token(
    folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch, architecture: str
) -> None:
    drafts: list[tuple[int, int]] = []
    inner = module.PromptLookup.record

    def watched(self: module.PromptLookup, guessed: int, right: int) -> None:
        drafts.append((guessed, right))
        inner(self, guessed, right)

    monkeypatch.setattr(module.PromptLookup, "record", watched)
    with_ = OpenVinoChat(folders[architecture])
    without = OpenVinoChat(folders[architecture], lookup=False)
    expected = [said(without, question, tokens=200) for question in QUESTIONS]
    assert not drafts
    assert [said(with_, question, tokens=200) for question in QUESTIONS] == expected
    assert sum(right for _, right in drafts) > 10  # what such a model writes soon repeats itself

    # And so with guesses that are right for a while, or not at all.
    noise = random.Random(0)
    guess = module.PromptLookup.draft

    def wild(self: module.PromptLookup, most: int) -> list[int]:
        guesses = guess(self, most)[: noise.randrange(4)]
        return [*guesses, *(noise.randrange(20, 900) for _ in range(noise.randrange(6)))][:most]

    monkeypatch.setattr(module.PromptLookup, "draft", wild)
    drafts.clear()
    assert [said(with_, question, tokens=200) for question in QUESTIONS] == expected
    assert sum(right < guessed for guessed, right in drafts) > 10


def test_a_reader_that_leaves_and_a_stop_take_nothing_along(model: OpenVinoChat) -> None:
    expected = said(model, QUESTIONS[1])
    counted: list[TokenUsage] = []
    stream = model.stream(asked(model, QUESTIONS[0], 40), GenerateOptions(max_tokens=40))
    next(iter(stream))
    stream.close()  # type: ignore[attr-defined]
    assert said(model, QUESTIONS[1]) == expected
    stopping = GenerateOptions(max_tokens=40, should_stop=lambda: True, on_usage=counted.append)
    assert list(model.stream(asked(model, "Something else?", 40), stopping)) == []
    assert counted[0].output == 0
    assert said(model, QUESTIONS[1]) == expected


def test_two_answers_at_once_are_what_each_is_alone(model: OpenVinoChat) -> None:
    answers = [said(model, q) for q in QUESTIONS[:2]]
    streams = [
        model.stream(asked(model, q, 40), GenerateOptions(max_tokens=40)) for q in QUESTIONS[:2]
    ]
    texts = ["", ""]
    while streams != [None, None]:
        for at, stream in enumerate(streams):
            if stream is not None:
                piece = next(stream, None)
                texts[at] += piece or ""
                streams[at] = None if piece is None else stream
    assert texts == answers


@pytest.mark.parametrize("architecture", ["qwen2", "llama", "gemma"])
def test_a_stop_string_ends_the_text(folders: dict[str, Path], architecture: str) -> None:
    model = OpenVinoChat(folders[architecture])
    prompt = asked(model, QUESTIONS[0], 60)
    text = "".join(model.stream(prompt, GenerateOptions(max_tokens=60)))
    stop = text[20:24]
    stopped = "".join(model.stream(prompt, GenerateOptions(max_tokens=60, stop=(stop,))))
    assert text.startswith(stopped)
    assert stop in stopped
    assert len(stopped) < len(text)


def test_it_writes_about_what_transformers_writes(folders: dict[str, Path]) -> None:
    """Weights of 8 bits: of a model whose tokens are all equally likely, the first ones agree."""
    import numpy as np
    import torch
    from transformers import AutoModelForCausalLM

    from rag_infer.generate.openvino_state import OpenVinoState

    ids = list(range(30, 90))
    for folder in folders.values():
        chat = OpenVinoChat(folder)
        output = OpenVinoState(chat._compiled.create_infer_request()).read(ids, len(ids))
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
        with torch.inference_mode():
            expected = model(torch.tensor([ids])).logits[0].numpy()
        for row, other in zip(output, expected, strict=True):
            assert np.corrcoef(row, other)[0, 1] > 0.99


def test_sampling_follows_its_seed(model: OpenVinoChat) -> None:
    prompt = asked(model, "What?", 16)

    def text(seed: int, top_p: float = 1.0) -> str:
        options = GenerateOptions(max_tokens=16, temperature=1.5, top_p=top_p, seed=seed)
        return "".join(model.stream(prompt, options))

    assert text(1) == text(1)
    assert len({text(seed) for seed in range(4)}) > 1
    greedy = "".join(model.stream(prompt, GenerateOptions(max_tokens=16)))
    assert text(1, top_p=1e-6) == greedy  # only the likeliest is left


@pytest.mark.parametrize("seed", range(3))
def test_even_noise_is_within_the_schema(model: OpenVinoChat, seed: int) -> None:
    options = GenerateOptions(max_tokens=200, temperature=1.0, seed=seed, schema=SCHEMA)
    value = check("".join(model.stream(asked(model, "What?", 200), options)), SCHEMA, "model")
    assert set(value) == {"answer", "sure", "page"}


def test_a_model_is_converted_once_and_whole(
    folders: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    code = (
        "import sys; from pathlib import Path; from rag_infer.generate.openvino_convert import "
        "convert_model; print('began', flush=True); print(convert_model(Path(sys.argv[1]), 'int8'))"
    )
    command = [sys.executable, "-c", code, str(folders["qwen2"])]
    killed = subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ})
    folder = tmp_path / "rag-infer" / "openvino"
    until = time.monotonic() + 60
    while not list(folder.glob(".building-*")) and time.monotonic() < until:
        time.sleep(0.01)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    assert not list(folder.glob("*/model.xml"))
    prompt = convert_model(folders["qwen2"], "int8")
    before = (prompt / "model.bin").stat()
    assert convert_model(folders["qwen2"], "int8") == prompt
    assert (prompt / "model.bin").stat() == before


def test_what_cannot_be_used_is_named(
    folders: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ModelError, match="no such model folder"):
        OpenVinoChat(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match="empty: cannot be loaded"):
        OpenVinoChat(tmp_path / "empty")
    windows = _sliding(save_model(tmp_path / "windows"))
    with pytest.raises(ModelError, match=r"sliding windows.*runtime transformers"):
        OpenVinoChat(windows)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setitem(sys.modules, "nncf", None)
    with pytest.raises(MissingDependencyError, match=r"rag-infer\[openvino\]"):
        OpenVinoChat(folders["qwen2"])


def _sliding(folder: Path) -> Path:
    import json

    config = json.loads((folder / "config.json").read_text())
    config |= {"use_sliding_window": True, "sliding_window": 16, "max_window_layers": 0}
    config["layer_types"] = ["sliding_attention"] * config["num_hidden_layers"]
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def test_a_runtime_is_chosen_by_flag_profile_or_setting(folders: dict[str, Path]) -> None:
    folder = str(folders["qwen2"])
    own = ModelProfile("fast", folder, runtime="openvino", precision="int4")
    served = ModelProfile("far", "m", base_url="http://localhost:1/v1")
    settings = Settings(models={"fast": own, "far": served}, runtime="openvino")
    output = load_generator("fast", profiles(Settings(models={"fast": own}), "fast"))
    assert isinstance(output, OpenVinoChat)
    assert output.precision == "int4"
    assert isinstance(load_generator(folder, profiles(settings, folder)), OpenVinoChat)
    selected = profiles(settings, "fast", "transformers")
    assert type(load_generator("fast", selected)).__name__ == "TransformersChat"
    assert profiles(settings, "far")["far"] == served
    assert "extractive" not in profiles(settings, "extractive")
    with pytest.raises(InputError, match="no runtime 'onnx'"):
        profiles(settings, folder, "onnx")
    prints = {
        fingerprint(folder),
        fingerprint(output),
        fingerprint(folder, profiles(settings, folder, "openvino")),
    }
    assert len(prints) == 3
    assert fingerprint(output) == fingerprint("fast", {"fast": own})


def test_the_quickest_runtime_runs_a_folder_where_none_is_named(
    folders: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = str(folders["qwen2"])
    monkeypatch.setattr(runtime_selection, "_GPU", tmp_path / "no such device")
    # A model as small as this one starts sooner than it is converted.
    assert type(load_generator(folder)).__name__ == "TransformersChat"
    monkeypatch.setattr(runtime_selection, "_MIN_BYTES", 1)
    assert isinstance(load_generator(folder), OpenVinoChat)
    plain = {folder: ModelProfile(folder, folder)}
    assert isinstance(load_generator(folder, plain), OpenVinoChat)
    assert fingerprint(folder) == fingerprint(load_generator(folder))
    named = {folder: ModelProfile(folder, folder, runtime="transformers")}
    assert type(load_generator(folder, named)).__name__ == "TransformersChat"
    monkeypatch.setattr(runtime_selection, "_memory_bytes", lambda: 0)
    assert type(load_generator(folder)).__name__ == "TransformersChat"


def test_what_cannot_be_converted_runs_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    windows = _sliding(save_model(tmp_path / "windows"))
    monkeypatch.setattr(runtime_selection, "_GPU", tmp_path / "no such device")
    monkeypatch.setattr(runtime_selection, "_MIN_BYTES", 1)
    assert type(load_generator(str(windows))).__name__ == "TransformersChat"
    monkeypatch.setattr(module, "convert_model", None)  # it is not tried again
    assert type(load_generator(str(windows))).__name__ == "TransformersChat"


def test_the_command_asks_by_runtime(folders: dict[str, Path], tmp_path: Path) -> None:
    rag = str(Path(sys.executable).with_name("rag"))
    (tmp_path / "note.md").write_text("The key-value cache stores the keys of earlier tokens.")
    index = ["-i", str(tmp_path / "index")]
    run = {"capture_output": True, "text": True, "cwd": tmp_path}
    subprocess.run([rag, "index", "note.md", *index], check=True, **run)  # type: ignore[call-overload]
    command = [rag, "ask", "What is stored?", "--llm", str(folders["qwen2"]), *index, "--no-log"]
    command += ["--runtime", "openvino", "--max-tokens", "8"]
    done = subprocess.run(command, check=True, **run)  # type: ignore[call-overload]
    assert done.stdout.strip()
    # No terminal, no progress; and none of the converter's advice.
    assert all(line.startswith("note: ") for line in done.stderr.splitlines())
    command[command.index("openvino")] = "onnx"
    failed = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert "no runtime 'onnx'" in failed.stderr


def test_planning_counts_what_is_sent(model: OpenVinoChat) -> None:
    prompt = plan(model.template, Budget(model.window, 16), "What is cached?")
    counted: list[TokenUsage] = []
    list(model.stream(prompt, GenerateOptions(max_tokens=16, on_usage=counted.append)))
    assert counted[0].prompt == prompt.tokens
