"""Answers of providers, as short as their clients take them."""

from __future__ import annotations

from typing import Any

CHAT_USAGE = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
COUNTED = {"input": 100, "output": 20}


def chat(usage: Any = CHAT_USAGE, **more: Any) -> dict[str, Any]:
    message = {"role": "assistant", "content": '{"city":"Paris"}'}
    answer = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "gpt-4o-mini-2024-07-18",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": usage,
        **more,
    }
    return {"answer": answer}


def chat_chunk(text: str | None = None, reason: str | None = None, **more: Any) -> dict[str, Any]:
    delta = {} if text is None else {"role": "assistant", "content": text}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "gpt-4o-mini-2024-07-18",
        "choices": [{"index": 0, "delta": delta, "finish_reason": reason}],
        **more,
    }


def chat_stream(usage: Any = CHAT_USAGE, **more: Any) -> dict[str, Any]:
    last = chat_chunk(usage=usage, choices=[])
    chunks = [chat_chunk('{"city":'), chat_chunk('"Paris"}'), chat_chunk(reason="stop"), last]
    return {"chunks": [*chunks, "[DONE]"], **more}


RESPONSES_USAGE = {
    "input_tokens": 100,
    "input_tokens_details": {"cached_tokens": 40},
    "output_tokens": 20,
    "output_tokens_details": {"reasoning_tokens": 5},
    "total_tokens": 120,
}
RESPONSES_COUNTED = {"input": 60, "output": 15, "cacheRead": 40, "reasoning": 5}


def response(usage: Any = RESPONSES_USAGE, **more: Any) -> dict[str, Any]:
    content = [{"type": "output_text", "text": "Paris", "annotations": []}]
    message = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "status": "completed",
        "content": content,
    }
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1,
        "model": "gpt-5-2025-08-07",
        "status": "completed",
        "output": [message],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": usage,
        **more,
    }


def response_stream(end: str = "completed", usage: Any = RESPONSES_USAGE) -> dict[str, Any]:
    begun = response(None, status="in_progress", output=[])
    item = {**response()["output"][0], "status": "in_progress", "content": []}
    part = {"type": "output_text", "text": "", "annotations": []}
    at = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    events = [
        {"type": "response.created", "response": begun},
        {"type": "response.output_item.added", "output_index": 0, "item": item},
        {"type": "response.content_part.added", **at, "part": part},
        {"type": "response.output_text.delta", **at, "delta": "Paris", "logprobs": []},
        {"type": f"response.{end}", "response": response(usage, status=end)},
    ]
    return {"chunks": [{**event, "sequence_number": n} for n, event in enumerate(events)]}


MESSAGE_USAGE = {
    "input_tokens": 100,
    "cache_read_input_tokens": 500,
    "cache_creation_input_tokens": 200,
    "output_tokens": 20,
}
MESSAGE_COUNTED = {"input": 100, "output": 20, "cacheRead": 500, "cacheWrite": 200}


def message(usage: Any = MESSAGE_USAGE, **more: Any) -> dict[str, Any]:
    answer = {
        "id": "msg_01",
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-4-5-20250929",
        "content": [{"type": "text", "text": "Paris"}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": usage,
        **more,
    }
    return {"answer": answer}


def message_events() -> list[dict[str, Any]]:
    begun = message({**MESSAGE_USAGE, "output_tokens": 1}, content=[], stop_reason=None)["answer"]
    block = {"type": "text", "text": ""}
    delta = {"stop_reason": "end_turn", "stop_sequence": None}
    return [
        {"type": "message_start", "message": begun},
        {"type": "content_block_start", "index": 0, "content_block": block},
        {"type": "ping"},
        {
            "type": "content_block_delta",
            "index": 0,
            "delta": {"type": "text_delta", "text": "The capital is Paris"},
        },
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": delta, "usage": {"output_tokens": 20}},
        {"type": "message_stop"},
    ]


GEMINI_USAGE = {
    "promptTokenCount": 100,
    "candidatesTokenCount": 20,
    "thoughtsTokenCount": 7,
    "cachedContentTokenCount": 40,
    "totalTokenCount": 127,
}
GEMINI_COUNTED = {"input": 60, "output": 20, "cacheRead": 40, "reasoning": 7}


def gemini(usage: Any = GEMINI_USAGE, reason: str | None = "STOP") -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": [{"text": "Paris"}]}}
    if reason:
        candidate["finishReason"] = reason
    return {
        "responseId": "gem-1",
        "modelVersion": "gemini-2.5-flash-001",
        "candidates": [candidate],
        "usageMetadata": usage,
    }
