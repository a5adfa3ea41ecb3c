"""How sure a model is of the values that it wrote: by its own probabilities, or by repetition.

The probability of a value is that of its tokens together, as the model's server reports them. Where
it reports none, a value is as sure as the share of repeated samples that agree on it (Wang et al.
2022, arXiv 2203.11171). Where there are none of these either, it is not known, and said so.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

Tokens = Sequence[tuple[str, float]]  # of a text: each with its log-probability
Values = Mapping[str, Any]


def value_probabilities(text: str, tokens: Tokens, names: Sequence[str]) -> dict[str, float] | None:
    """The probability of each value of a flat JSON object.

    Args:
        text: The object as the model wrote it.
        tokens: Its tokens.
        names: The properties.

    Returns:
        By property; None where tokens and text do not fit together.
    """
    written = "".join(token for token, _ in tokens)
    offset = written.find(text.strip())
    if not tokens or offset < 0:
        return None
    body, probabilities = text.strip(), {}
    for name in names:
        match = re.search(re.escape(json.dumps(name, ensure_ascii=False)) + r"\s*:\s*", body)
        if match is None:
            return None
        try:
            _, end = json.JSONDecoder().raw_decode(body, match.end())
        except ValueError:
            return None
        start, total = 0, 0.0
        for token, log_probability in tokens:
            stop = start + len(token)
            if start < offset + end and stop > offset + match.end():
                total += log_probability
            start = stop
        probabilities[name] = min(1.0, math.exp(total))
    return probabilities


def agreement(samples: Sequence[Values], names: Sequence[str]) -> tuple[Values, dict[str, float]]:
    """The values that most samples have, and the share that has each.

    Args:
        samples: Values of each sample; of as many, the earlier one's count.
        names: The properties.
    """
    values, shares = {}, {}
    for name in names:
        written = [json.dumps(sample.get(name), sort_keys=True) for sample in samples]
        best, count = Counter(written).most_common(1)[0]
        values[name], shares[name] = json.loads(best), count / len(samples)
    return values, shares
