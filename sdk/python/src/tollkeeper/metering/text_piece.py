"""A piece of a stream's text that says nothing else. Nearly all events are such: a call of a model
waits for what its meter reads of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ..usage_details import served_tier

_CHUNK = frozenset(
    (
        *("id", "object", "created", "model", "choices", "system_fingerprint", "service_tier"),
        *("usage", "obfuscation", "provider", "native_finish_reason"),
    )
)
_CHOICE = frozenset(("index", "delta", "finish_reason", "native_finish_reason", "logprobs"))
_DELTA = frozenset(("role", "content", "refusal"))
_BLOCK = frozenset(("type", "index", "delta"))
_BLOCK_DELTA = frozenset(("type", "text"))
_PART = frozenset(
    (
        *("type", "item_id", "output_index", "content_index", "delta", "logprobs"),
        *("sequence_number", "obfuscation"),
    )
)
_ANSWER = frozenset(("candidates", "usageMetadata", "modelVersion", "responseId"))
_CANDIDATE = frozenset(("content", "index"))
_CONTENT = frozenset(("parts", "role"))
_TEXT = frozenset(("text",))


class TextPiece(NamedTuple):
    text: str
    usage: Mapping[str, Any] | None = None
    """Gemini tells with each piece what all of them came to."""


def text_piece(event: Mapping[str, Any]) -> TextPiece | None:
    """None: it says more, or something else. One without a type says who answers besides."""
    kind = event.get("type")
    if kind is None:
        return _of_chunk(event) if "choices" in event else _of_answer(event)
    if kind == "content_block_delta":
        delta = event.get("delta")
        if type(delta) is dict and event.keys() <= _BLOCK and delta.keys() <= _BLOCK_DELTA:
            return _piece(delta.get("text"))
    if kind == "response.output_text.delta" and event.keys() <= _PART:
        return _piece(event.get("delta"))
    return None


def _of_chunk(event: Mapping[str, Any]) -> TextPiece | None:
    choice = _only(event.get("choices"), _CHOICE)
    if choice is None or not event.keys() <= _CHUNK:
        return None
    delta = choice.get("delta")
    if type(delta) is not dict or not delta.keys() <= _DELTA or delta.get("refusal") is not None:
        return None
    # It is told in none of them, as a rule.
    is_end = choice.get("finish_reason") is not None
    tells = event.get("usage") is not None or served_tier(event, None) is not None
    return None if is_end or tells else _piece(delta.get("content"))


def _of_answer(event: Mapping[str, Any]) -> TextPiece | None:
    candidate = _only(event.get("candidates"), _CANDIDATE)
    if candidate is None or not event.keys() <= _ANSWER:
        return None
    content, usage = candidate.get("content"), event.get("usageMetadata")
    if type(content) is not dict or not content.keys() <= _CONTENT:
        return None
    part = _only(content.get("parts"), _TEXT)
    if not part or type(usage) is not dict or not usage or "billed_units" in usage:
        return None
    # An empty one may come after the text, and what it tells is final.
    return _piece(part["text"] or None, usage)


def _only(listed: object, names: frozenset[str]) -> dict[str, Any] | None:
    """What a list has, if that is one object with no other names."""
    if type(listed) is not list or len(listed) != 1 or type(listed[0]) is not dict:
        return None
    only: dict[str, Any] = listed[0]
    return only if only.keys() <= names else None


def _piece(text: object, usage: Mapping[str, Any] | None = None) -> TextPiece | None:
    return TextPiece(text, usage) if isinstance(text, str) else None
