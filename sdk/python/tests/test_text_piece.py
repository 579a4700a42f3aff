"""Pieces of text are told from all other events, so that they cost nearly nothing: what a call used
comes to the same as where each is read."""

from __future__ import annotations

import random
from dataclasses import asdict
from typing import Any

import pytest

from tollkeeper.metering import watch as watching
from tollkeeper.metering.call import Call
from tollkeeper.metering.text_piece import text_piece
from tollkeeper.metering.watch import CallUsage, CallWatch

CHUNK: dict[str, Any] = {"id": "chatcmpl-1", "model": "gpt-4o-mini", "created": 1_760_000_000}
USAGE = {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13}


def chunk(delta: object, **more: object) -> dict[str, Any]:
    return {**CHUNK, "choices": [{"index": 0, "delta": delta, "finish_reason": None, **more}]}


PIECES: list[tuple[dict[str, Any], str]] = [
    (chunk({"content": "Hi"}), "Hi"),
    (chunk({"role": "assistant", "content": "Hi", "refusal": None}), "Hi"),
    ({**chunk({"content": "Hi"}), "usage": None, "service_tier": "default"}, "Hi"),
    (
        {
            "type": "content_block_delta",
            "index": 0,
            "delta": {"type": "text_delta", "text": "Hi"},
        },
        "Hi",
    ),
    (
        {"type": "response.output_text.delta", "item_id": "a", "delta": "Hi", "logprobs": []},
        "Hi",
    ),
]
CANDIDATE: dict[str, Any] = {
    "index": 0,
    "content": {"role": "model", "parts": [{"text": "Hi"}]},
}
TOLD = {"promptTokenCount": 9, "candidatesTokenCount": 4, "totalTokenCount": 13}
ANSWER: dict[str, Any] = {
    "modelVersion": "gemini-2.5-flash",
    "responseId": "r",
    "usageMetadata": TOLD,
    "candidates": [CANDIDATE],
}
PIECES.append((ANSWER, "Hi"))
OTHERS: list[dict[str, Any]] = [
    chunk({"content": "Hi"}, finish_reason="stop"),
    chunk({"content": "Hi"}, usage=USAGE),
    chunk({"content": None}),
    chunk({"content": "", "refusal": "No"}),
    chunk({"tool_calls": [{"function": {"arguments": "{}"}}]}),
    chunk({"content": "Hi", "reasoning": "Hm"}),
    chunk("Hi"),
    {**CHUNK, "choices": []},
    {**CHUNK, "choices": [None]},
    {**chunk({"content": "Hi"}), "choices": chunk({"content": "Hi"})["choices"] * 2},
    {**chunk({"content": "Hi"}), "usage": USAGE},
    {**chunk({"content": "Hi"}), "service_tier": "flex"},
    {**chunk({"content": "Hi"}), "x_groq": {"usage": USAGE}},
    {**chunk({"content": "Hi"}), "error": {"message": "overloaded"}},
    {**CHUNK, "choices": [], "usage": USAGE},
    {"type": "content_block_delta", "delta": {"type": "input_json_delta", "partial_json": "{"}},
    {"type": "content_block_delta", "delta": {"type": "text_delta"}},
    {"type": "content_block_delta", "delta": {"text": "Hi"}, "usage": {"output_tokens": 4}},
    {"type": "message_delta", "delta": {"text": "Hi"}, "usage": {"output_tokens": 4}},
    {"type": "response.output_text.delta", "delta": "Hi", "response": {"id": "resp_1"}},
    {"type": "response.output_text.done", "text": "Hi"},
    {"type": "response.completed", "response": {"id": "resp_1", "usage": {"input_tokens": 9}}},
    {"type": "message_start", "message": {"id": "msg_1", "usage": {"input_tokens": 9}}},
    {"candidates": [{"content": {"parts": [{"text": "Hi"}]}}]},
    {**ANSWER, "usageMetadata": {}},
    {**ANSWER, "candidates": [{**CANDIDATE, "finishReason": "STOP"}]},
    {**ANSWER, "candidates": [CANDIDATE, CANDIDATE]},
    {**ANSWER, "candidates": [{**CANDIDATE, "content": {"parts": [{"text": ""}]}}]},
    {**ANSWER, "candidates": [{**CANDIDATE, "content": {"parts": [{"functionCall": {}}]}}]},
    {},
]


@pytest.mark.parametrize(("event", "text"), PIECES)
def test_a_piece_of_text_says_nothing_else(event: dict[str, Any], text: str) -> None:
    piece = text_piece(event)
    assert piece is not None
    assert piece.text == text


@pytest.mark.parametrize("event", OTHERS)
def test_an_event_that_says_more_is_read_whole(event: dict[str, Any]) -> None:
    assert text_piece(event) is None


@pytest.mark.parametrize("seed", range(300))
def test_calls_come_to_the_same_as_where_each_event_is_read(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_chance = random.Random(seed)
    events = [
        by_chance.choice(OTHERS) if by_chance.random() < 0.3 else by_chance.choice(PIECES)[0]
        for _ in range(by_chance.randrange(12))
    ]
    is_whole = by_chance.random() < 0.5
    fast = outcome(events, is_whole=is_whole)
    monkeypatch.setattr(watching, "text_piece", lambda _event: None)
    assert fast == outcome(events, is_whole=is_whole)


def outcome(events: list[dict[str, Any]], *, is_whole: bool) -> object:
    """What is shown to the app, what is waited for, and what is recorded in the end."""
    settled: list[CallUsage] = []
    faults: list[str] = []
    body = {"messages": [{"role": "user", "content": "Hello?"}]}
    call = Call("chat", "gpt-4o-mini", body)
    watch = CallWatch(call, settled.append, lambda error: faults.append(error.message))
    shown = [
        (watch.streamed(event), watch.awaits_usage, watch.holds_end, watch.has_text)
        for event in events
    ]
    watch.ended(is_whole=is_whole)
    return shown, [asdict(usage) for usage in settled], faults
