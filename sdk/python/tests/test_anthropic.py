"""Anthropic's official client, and those of its models at Amazon and Google."""

from __future__ import annotations

import asyncio
import base64
import json
import struct
import zlib
from typing import Any

import anthropic
import pytest
from answers import MESSAGE_COUNTED, MESSAGE_USAGE, message, message_events
from conftest import Metering
from provider import Provider

from tollkeeper import customer, meter

ASK: Any = {
    "model": "claude-opus-9",
    "max_tokens": 100,
    "messages": [{"role": "user", "content": "Where is it?"}],
}


@pytest.fixture
def client(provider: Provider, metering: Metering) -> anthropic.Anthropic:
    plain = anthropic.Anthropic(base_url=provider.url, api_key="sk", max_retries=0)
    return meter(plain, tollkeeper=metering.tollkeeper, customer="ada")


def only(metering: Metering) -> dict[str, Any]:
    [event] = metering.recorded()
    assert metering.errors == []
    return event


def test_a_message_is_recorded_with_caches_beside_its_prompt(
    client: anthropic.Anthropic, provider: Provider, metering: Metering
) -> None:
    usage = {**MESSAGE_USAGE, "service_tier": "priority"}
    usage["cache_creation"] = {"ephemeral_5m_input_tokens": 50, "ephemeral_1h_input_tokens": 150}
    provider.play(message(usage))
    client.messages.create(**ASK)
    event = only(metering)
    assert event["tokens"] == MESSAGE_COUNTED
    assert event["model"] == "claude-opus-9"
    assert event["metadata"] == {
        "endpoint": "messages",
        "reportedModel": "claude-sonnet-4-5-20250929",
        "responseId": "msg_01",
        "serviceTier": "priority",
        "cacheWriteForAnHour": 150,
    }


def ways(client: Any) -> dict[str, Any]:
    messages = client.messages

    def helper() -> None:
        with messages.stream(**ASK) as events:
            assert events.get_final_text() == "The capital is Paris"

    def streamed_response() -> None:
        with messages.with_streaming_response.create(**ASK) as answer:
            assert answer.parse().id == "msg_01"

    return {
        "stream": lambda: list(messages.create(**ASK, stream=True)),
        "stream helper": helper,
        "with_options": lambda: client.with_options(timeout=5).messages.create(**ASK),
        "raw": lambda: messages.with_raw_response.create(**ASK).parse(),
        "streaming response": streamed_response,
        "beta": lambda: client.beta.messages.create(**ASK),
    }


@pytest.mark.parametrize("way", ways(anthropic.Anthropic(api_key="sk")))
def test_whichever_way_it_is_called_it_is_recorded_once(
    way: str, client: anthropic.Anthropic, provider: Provider, metering: Metering
) -> None:
    def choose(asked: dict[str, Any]) -> dict[str, Any]:
        is_stream = json.loads(asked["body"]).get("stream") is True
        return {"chunks": message_events()} if is_stream else message()

    provider.play({"choose": choose})
    ways(client)[way]()
    assert only(metering)["tokens"] == MESSAGE_COUNTED


def test_counting_tokens_and_batches_are_no_calls_of_a_model(
    client: anthropic.Anthropic, provider: Provider, metering: Metering
) -> None:
    provider.play({"answer": {"input_tokens": 100}})
    client.messages.count_tokens(model=ASK["model"], messages=ASK["messages"])
    assert metering.recorded() == []


def test_a_stream_that_is_left_has_what_was_told_and_an_estimate_of_the_rest(
    client: anthropic.Anthropic, provider: Provider, metering: Metering
) -> None:
    provider.play({"chunks": message_events(), "leftAfter": 4})
    with client.messages.create(**ASK, stream=True) as events:
        for event in events:
            if event.type == "content_block_delta":
                break
    provider.left.set()
    event = only(metering)
    assert event["tokens"] == {**MESSAGE_COUNTED, "output": 5}
    assert event["metadata"]["estimated"] == "true"


def test_an_overloaded_provider_is_not_paid_for(
    client: anthropic.Anthropic, provider: Provider, metering: Metering
) -> None:
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    provider.play({"chunks": [error]})
    with pytest.raises(anthropic.APIStatusError):
        list(client.messages.create(**ASK, stream=True))
    provider.play({"error": {"status": 529, "body": error}})
    with pytest.raises(anthropic.APIStatusError):
        client.messages.create(**ASK)
    assert metering.recorded() == []


def test_async_messages_are_recorded(provider: Provider, metering: Metering) -> None:
    async def main() -> None:
        plain = anthropic.AsyncAnthropic(base_url=provider.url, api_key="sk", max_retries=0)
        async with meter(plain, tollkeeper=metering.tollkeeper) as client:
            with customer("bo"):
                provider.play(message())
                await client.messages.create(**ASK)
                provider.play({"chunks": message_events()})
                async with client.messages.stream(**ASK) as events:
                    assert await events.get_final_text() == "The capital is Paris"

    asyncio.run(main())
    events = metering.recorded()
    assert [event["tokens"] for event in events] == [MESSAGE_COUNTED] * 2
    assert {event["customer"] for event in events} == {"bo"}


def in_amazons_stream(event: dict[str, Any]) -> bytes:
    """Checksums are those that Amazon has."""
    wrapped = base64.b64encode(json.dumps(event).encode()).decode()
    payload = json.dumps({"bytes": wrapped}).encode()
    headers = b"".join(
        bytes([len(name)]) + name + b"\x07" + struct.pack(">H", len(value)) + value
        for name, value in (
            (b":event-type", b"chunk"),
            (b":content-type", b"application/json"),
            (b":message-type", b"event"),
        )
    )
    prelude = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    message = prelude + struct.pack(">I", zlib.crc32(prelude)) + headers + payload
    return message + struct.pack(">I", zlib.crc32(message))


def test_its_models_at_amazon_are_recorded_plain_and_streamed(
    provider: Provider, metering: Metering
) -> None:
    plain = anthropic.AnthropicBedrock(
        base_url=provider.url, aws_access_key="a", aws_secret_key="s", aws_region="us-east-1"
    )
    client = meter(plain, tollkeeper=metering.tollkeeper, customer="ada")
    ask = {**ASK, "model": "anthropic.claude-sonnet-4-5-v1:0"}
    provider.play(message())
    client.messages.create(**ask)
    data = b"".join(map(in_amazons_stream, message_events()))
    chunks = [data[start : start + 100] for start in range(0, len(data), 100)]
    provider.play({"chunks": chunks, "contentType": "application/vnd.amazon.eventstream"})
    assert len(list(client.messages.create(**ask, stream=True))) >= 6
    events = metering.recorded()
    assert [event["tokens"] for event in events] == [MESSAGE_COUNTED] * 2
    assert {event["model"] for event in events} == {"anthropic.claude-sonnet-4-5-v1:0"}
    assert metering.errors == []


def test_its_models_at_google_are_recorded(provider: Provider, metering: Metering) -> None:
    plain = anthropic.AnthropicVertex(
        base_url=provider.url, region="r", project_id="p", access_token="t"
    )
    client = meter(plain, tollkeeper=metering.tollkeeper, customer="ada")
    provider.play(message())
    client.messages.create(**ASK)
    provider.play({"chunks": message_events(), "namesEvents": True})
    assert list(client.messages.create(**ASK, stream=True))
    events = metering.recorded()
    assert [event["tokens"] for event in events] == [MESSAGE_COUNTED] * 2
    assert {event["model"] for event in events} == {"claude-opus-9"}
