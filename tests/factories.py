# ruff: noqa: E501 - templates read best as they are
"""Chat models of real architectures made small: random weights, a tokenizer trained here, a template
of each family. What runs through them is the true path; what they write is noise.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

CORPUS = Path(__file__).parents[1] / "corpus"

# The shape of each family's template: its markers, its attitude to a system role, to alternation.
_CHATML = (
    "{% if tools %}<|im_start|>system\n{% if messages[0]['role'] == 'system' %}{{ messages[0]['content'] }}\n\n"
    "{% endif %}# Tools\n<tools>{% for t in tools %}\n{{ t | tojson }}{% endfor %}\n</tools>\n<|im_end|>\n{% endif %}"
    "{% for m in messages %}{% if m['role'] == 'tool' %}<|im_start|>user\n<tool_response>\n{{ m['content'] }}\n"
    "</tool_response><|im_end|>\n{% elif m['role'] != 'system' or not tools %}<|im_start|>{{ m['role'] }}\n"
    "{{ m['content'] }}{% for c in m['tool_calls'] or [] %}\n<tool_call>\n{{ {'name': c['function']['name'], "
    "'arguments': c['function']['arguments']} | tojson }}\n</tool_call>{% endfor %}<|im_end|>\n{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
_LLAMA3 = (  # definitions stand in the first turn of the user; one call a message
    "{{ bos_token }}{% set seen = namespace(user=false) %}{% for m in messages %}{% if m['tool_calls'] %}"
    "{% if m['tool_calls'] | length != 1 %}{{ raise_exception('one tool call at once') }}{% endif %}"
    "<|start_header_id|>assistant<|end_header_id|>\n\n{{ {'name': m['tool_calls'][0]['function']['name'], "
    "'parameters': m['tool_calls'][0]['function']['arguments']} | tojson }}<|eot_id|>{% elif m['role'] == 'tool' %}"
    "<|start_header_id|>ipython<|end_header_id|>\n\n{{ m['content'] | tojson }}<|eot_id|>{% else %}"
    "<|start_header_id|>{{ m['role'] }}<|end_header_id|>\n\n{% if tools and m['role'] == 'user' and not seen.user %}"
    "{% set seen.user = true %}Given the following functions, please respond with a JSON for a function call.\n\n"
    "{% for t in tools %}{{ t | tojson(indent=4) }}\n\n{% endfor %}{% endif %}"
    "{{ m['content'] | trim }}<|eot_id|>{% endif %}{% endfor %}{% if add_generation_prompt %}"
    "<|start_header_id|>assistant<|end_header_id|>\n\n{% endif %}"
)
_MISTRAL = (  # insists on alternation and on ids of nine characters; no system role
    "{{ bos_token }}{% set turn = namespace(n=0) %}{% for m in messages %}{% if m['role'] == 'tool' %}"
    "{% if m['tool_call_id'] | length != 9 %}{{ raise_exception('ids have nine characters') }}{% endif %}"
    "[TOOL_RESULTS] {{ {'content': m['content'], 'call_id': m['tool_call_id']} | tojson }}[/TOOL_RESULTS]"
    "{% elif m['tool_calls'] %}[TOOL_CALLS] [{% for c in m['tool_calls'] %}{{ {'name': c['function']['name'], "
    "'arguments': c['function']['arguments'], 'id': c['id']} | tojson }}{% endfor %}]{{ eos_token }}{% else %}"
    "{% if (m['role'] == 'user') != (turn.n % 2 == 0) %}{{ raise_exception('roles must alternate user/assistant') }}"
    "{% endif %}{% set turn.n = turn.n + 1 %}{% if m['role'] == 'user' %}{% if tools and turn.n == 1 %}"
    "[AVAILABLE_TOOLS] {{ tools | tojson }}[/AVAILABLE_TOOLS]{% endif %}[INST] {{ m['content'] }} [/INST]"
    "{% else %}{{ m['content'] }}{{ eos_token }}{% endif %}{% endif %}{% endfor %}"
)
_GEMMA = (
    "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not "
    "supported') }}{% endif %}{% for m in messages %}<start_of_turn>{{ 'model' if m['role'] == "
    "'assistant' else m['role'] }}\n{{ m['content'] | trim }}<end_of_turn>\n{% endfor %}"
    "{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}"
)
_PHI = (
    "{% for m in messages %}<|{{ m['role'] }}|>\n{{ m['content'] }}<|end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)
_SILENT = (  # has no system role and says nothing about it: the text is simply not rendered
    "{% for m in messages %}{% if m['role'] == 'user' %}### Human: {{ m['content'] }}\n"
    "{% elif m['role'] == 'assistant' %}### Assistant: {{ m['content'] }}{{ eos_token }}\n{% endif %}"
    "{% endfor %}{% if add_generation_prompt %}### Assistant:{% endif %}"
)
FAMILIES: dict[str, tuple[str, list[str]]] = {
    "chatml": (_CHATML, ["<|im_start|>", "<|im_end|>", "<|endoftext|>"]),
    "llama3": (
        _LLAMA3,
        ["<|begin_of_text|>", "<|eot_id|>", "<|start_header_id|>", "<|end_header_id|>"],
    ),
    "mistral": (
        _MISTRAL,
        [
            "<s>",
            "</s>",
            "[INST]",
            "[/INST]",
            "[TOOL_CALLS]",
            "[AVAILABLE_TOOLS]",
            "[/AVAILABLE_TOOLS]",
            "[TOOL_RESULTS]",
            "[/TOOL_RESULTS]",
        ],
    ),
    "gemma": (_GEMMA, ["<bos>", "<eos>", "<start_of_turn>", "<end_of_turn>"]),
    "phi": (_PHI, ["<|endoftext|>", "<|end|>", "<|user|>", "<|assistant|>", "<|system|>"]),
    "silent": (_SILENT, ["<s>", "</s>"]),
}


# How each family cuts text: bytes as GPT does, or words with ▁ before them as SentencePiece does.
_BYTES = {"chatml", "llama3", "phi"}


@lru_cache
def tokenizer(family: str) -> Any:
    """A tokenizer of the family's kind trained on the corpus, with its markers and template."""
    from transformers import PreTrainedTokenizerFast

    template, special = FAMILIES[family]
    return PreTrainedTokenizerFast(
        tokenizer_object=_byte_level(special) if family in _BYTES else _word_level(special),
        bos_token=special[0],
        eos_token=special[1],
        pad_token=special[1],
        chat_template=template,
        model_max_length=4096,
    )


def _byte_level(special: list[str]) -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=1200,
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train([str(p) for p in sorted(CORPUS.glob("*.md"))], trainer)
    return tokenizer


def _word_level(special: list[str]) -> Any:
    """BPE over characters with ▁ for spaces; what it has not met becomes bytes."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first")
    trainer = trainers.BpeTrainer(
        vocab_size=1200, special_tokens=["<unk>", *special], show_progress=False
    )
    tokenizer.train([str(p) for p in sorted(CORPUS.glob("*.md"))], trainer)
    stored = json.loads(tokenizer.to_str())
    words = stored["model"]["vocab"]
    for byte in range(256):  # in the vocabulary, but no added tokens: text cannot name them
        words.setdefault(f"<0x{byte:02X}>", len(words))
    stored["model"]["byte_fallback"] = True
    tokenizer = Tokenizer.from_str(json.dumps(stored))
    tokenizer.decoder = decoders.Sequence(
        [decoders.ByteFallback(), decoders.Metaspace(prepend_scheme="first"), decoders.Fuse()]
    )
    return tokenizer


def save_model(
    folder: Path,
    family: str = "chatml",
    architecture: str = "qwen2",
    window: int = 2048,
    *,
    endless: bool = False,
) -> Path:
    """Writes a tiny chat model of that architecture into a folder, as ``from_pretrained`` reads it.

    Its weights are random, so that it ends anywhere. An ``endless`` one writes until its limit; at
    temperature 0 it soon repeats itself, which stops it too.
    """
    import torch
    import transformers

    words = tokenizer(family)
    common = {
        "vocab_size": len(words),
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": window,
        "bos_token_id": words.bos_token_id,
        "eos_token_id": words.eos_token_id,
        "pad_token_id": words.pad_token_id,
    }
    torch.manual_seed(0)
    if architecture == "qwen2":
        model = transformers.Qwen2ForCausalLM(transformers.Qwen2Config(**common))
    elif architecture == "llama":
        model = transformers.LlamaForCausalLM(transformers.LlamaConfig(**common))
    elif architecture == "gemma":
        model = transformers.GemmaForCausalLM(transformers.GemmaConfig(**common, head_dim=8))
    else:
        raise ValueError(architecture)
    if endless:
        with (
            torch.no_grad()
        ):  # the first coordinate is the same everywhere and speaks against the end
            model.get_input_embeddings().weight[:, 0] = 5.0
            model.lm_head.weight[:, 0] = 0.0
            model.lm_head.weight[words.eos_token_id, 0] = -100.0
    model.save_pretrained(folder)
    words.save_pretrained(folder)
    return folder


def teach(folder: Path, lessons: list[tuple[str, str]], family: str = "chatml") -> Path:
    """A tiny Qwen2 that has learnt to follow these prompts with these texts, and says nothing else.

    It is trained here, for a second or two, until greedy decoding gives the texts: a model that really
    reads its prompt and really writes, though it knows very little. Raises AssertionError when the
    texts are not learnt.
    """
    import torch
    import transformers

    save_model(folder, family)
    # As it will be loaded: the loader puts the architecture's own way of cutting words into it.
    words = transformers.AutoTokenizer.from_pretrained(folder)
    torch.manual_seed(0)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    end = words.eos_token_id
    read = [words(prompt, add_special_tokens=False)["input_ids"] for prompt, _ in lessons]
    write = [words(text, add_special_tokens=False)["input_ids"] + [end] for _, text in lessons]
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(400):
        losses = []
        for before, after in zip(read, write, strict=True):
            ids = torch.tensor([before + after])
            logits = model(ids, logits_to_keep=len(after) + 1).logits[0, :-1]
            losses.append(torch.nn.functional.cross_entropy(logits, torch.tensor(after)))
        loss = torch.stack(losses).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if loss.item() < 0.002 * len(lessons):
            break
    else:
        raise AssertionError(f"the lessons were not learnt: {loss.item():.2f}")
    model.save_pretrained(folder)
    return folder
