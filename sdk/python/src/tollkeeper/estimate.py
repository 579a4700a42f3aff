"""What a call whose usage never came has probably used: one token for four characters, of what was
asked and of what had arrived; scripts without spaces have about one for each. Reasoning that was
not shown is not in it. The TypeScript SDK comes to the same."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

CHARACTERS_PER_TOKEN = 4
_ASKED = ("messages", "input", "prompt", "instructions", "tools", "system", "contents")
_ANSWERED = ("choices", "output", "content", "candidates", "message", "response", "text")
# They say what something is, and are no text of anybody.
_NO_TEXT = frozenset(
    (
        *("role", "type", "id", "call_id", "status", "object", "index", "finish_reason"),
        *("logprobs", "finishReason", "stop_reason", "input_audio", "data", "file_data"),
        *("b64_json", "audio", "annotations", "signature", "encrypted_content", "usage"),
        "thoughtSignature",
    )
)
# From here on a character is mostly a token: Chinese, Japanese, Korean, emoji.
_DENSE_SCRIPTS = re.compile("[\u2e80-\ufaff\ufe30-\ufe4f\uff00-\uffef\U00010000-\U0010ffff]")
_DELTA_TEXTS = ("content", "refusal", "reasoning", "reasoning_content")


def estimated_tokens(characters: int) -> int:
    return -(-characters // CHARACTERS_PER_TOKEN)


def asked_characters(body: Mapping[str, Any]) -> int:
    """Text only: what pictures and sound come to can't be told by their length."""
    return sum(text_length(body.get(field)) for field in _ASKED)


def answer_characters(body: Mapping[str, Any]) -> int:
    """They are of a plain answer, whole."""
    return sum(text_length(body.get(field)) for field in _ANSWERED)


def text_length(value: object) -> int:
    """Length of all the text in it; names, roles, pictures and sound don't count."""
    if isinstance(value, str):
        return 0 if value.startswith("data:") else _characters_of(value)
    if isinstance(value, list | tuple):
        return sum(map(text_length, value))
    if value is not None and isinstance(value, Mapping):
        return sum(text_length(inner) for key, inner in value.items() if key not in _NO_TEXT)
    return 0


def answered_characters(event: Mapping[str, Any]) -> int:
    """Characters in one event of a stream: text, refusals, arguments of tool calls, shown
    reasoning."""
    choices, kind = event.get("choices"), event.get("type")
    if isinstance(choices, list):
        return sum(map(_choice_length, choices))
    if isinstance(event.get("candidates"), list):
        return text_length(event["candidates"])
    # Bedrock's events are named by their one field.
    if isinstance(event.get("contentBlockDelta"), Mapping):
        return text_length(event["contentBlockDelta"].get("delta"))
    # Ollama's events are each a part of the answer.
    if not isinstance(kind, str):
        return text_length(event.get("message")) + text_length(event.get("response"))
    # Responses and transcriptions send `response.output_text.delta` and its like; Anthropic's
    # deltas are of text, of thinking or of a tool's input.
    if kind.endswith("audio.delta") or kind == "message_delta":
        return 0
    return text_length(event.get("delta"))


def _characters_of(text: str) -> int:
    """As many as Latin text of as many tokens has."""
    dense = 0 if text.isascii() else len(_DENSE_SCRIPTS.findall(text))
    return len(text) + dense * (CHARACTERS_PER_TOKEN - 1)


def _choice_length(choice: object) -> int:
    if not isinstance(choice, Mapping):
        return 0
    if isinstance(choice.get("text"), str):
        return _characters_of(choice["text"])
    delta = choice.get("delta")
    if not isinstance(delta, Mapping):
        return 0
    texts = sum(text_length(delta.get(name)) for name in _DELTA_TEXTS)
    calls = delta.get("tool_calls")
    listed = calls if isinstance(calls, list) else [{"function": delta.get("function_call")}]
    functions = (call.get("function") for call in listed if isinstance(call, Mapping))
    return texts + sum(map(text_length, functions))
