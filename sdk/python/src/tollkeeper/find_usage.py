"""Where in an answer, or in one event of a stream, its usage lies: every provider has its place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Answer = Mapping[str, Any]


def usage_in(answer: Answer) -> Answer | None:
    """None: it tells none."""
    choices = answer.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    places = [
        answer.get("usage"),
        # Anthropic's first event, and Responses' last.
        _within(answer.get("message"), "usage"),
        _within(answer.get("response"), "usage"),
        # Groq, Moonshot, Gemini, Bedrock's stream.
        _within(answer.get("x_groq"), "usage"),
        _within(choice, "usage"),
        answer.get("usageMetadata"),
        answer.get("usage_metadata"),
        _within(answer.get("metadata"), "usage"),
        # Models of Anthropic and others, asked by Bedrock's own InvokeModel.
        answer.get("amazon-bedrock-invocationMetrics"),
        # Cohere.
        _within(answer.get("meta"), "billed_units"),
    ]
    # Most are None, which is seen sooner than that they are no mapping: every chunk comes by here.
    told = [place for place in places if place is not None and isinstance(place, Mapping)]
    found = next((place for place in told if place), told[0] if told else None)
    # Cohere tells what it bills beside what it read.
    billed = _within(found, "billed_units")
    if isinstance(billed, Mapping):
        return billed
    return found if found is not None else _own_counts(answer)


def _own_counts(answer: Answer) -> Answer | None:
    """Ollama has them in the answer itself."""
    return answer if "eval_count" in answer or "prompt_eval_count" in answer else None


def _within(holder: object, name: str) -> Any:
    return None if holder is None or not isinstance(holder, Mapping) else holder.get(name)
