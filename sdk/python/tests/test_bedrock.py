"""boto3's client of Bedrock, whose streams are Amazon's own."""

from __future__ import annotations

import json
import struct
import zlib
from typing import Any

import boto3
import pytest
from answers import MESSAGE_COUNTED, message, message_events
from botocore.config import Config
from botocore.exceptions import ClientError
from conftest import Metering
from provider import Provider
from test_anthropic import in_amazons_stream

from tollkeeper import meter

MODEL = "anthropic.claude-sonnet-4-5-v1:0"
ASK: Any = {"modelId": MODEL, "messages": [{"role": "user", "content": [{"text": "Where?"}]}]}
USAGE = {
    "inputTokens": 100,
    "outputTokens": 20,
    "totalTokens": 820,
    "cacheReadInputTokens": 500,
    "cacheWriteInputTokens": 200,
}
EVENT_STREAM = "application/vnd.amazon.eventstream"
CONVERSED = [
    ("messageStart", {"role": "assistant"}),
    ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "The capital is Paris"}}),
    ("contentBlockStop", {"contentBlockIndex": 0}),
    ("messageStop", {"stopReason": "end_turn"}),
    ("metadata", {"usage": USAGE, "metrics": {"latencyMs": 5}}),
]


@pytest.fixture
def client(provider: Provider, metering: Metering) -> Any:
    plain = boto3.client(
        "bedrock-runtime",
        endpoint_url=provider.url,
        region_name="us-east-1",
        aws_access_key_id="a",
        aws_secret_access_key="s",
        config=Config(retries={"total_max_attempts": 1}),
    )
    meter(plain, tollkeeper=metering.tollkeeper, customer="nobody")
    return meter(plain, tollkeeper=metering.tollkeeper, customer="ada")


def encoded(name: str, event: dict[str, Any]) -> bytes:
    payload = json.dumps(event).encode()
    told = (
        (":event-type", name),
        (":content-type", "application/json"),
        (":message-type", "event"),
    )
    headers = b"".join(
        bytes([len(key)]) + key.encode() + b"\x07" + struct.pack(">H", len(value)) + value.encode()
        for key, value in told
    )
    prelude = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    whole = prelude + struct.pack(">I", zlib.crc32(prelude)) + headers + payload
    return whole + struct.pack(">I", zlib.crc32(whole))


def only(metering: Metering) -> dict[str, Any]:
    [event] = metering.recorded()
    assert metering.errors == []
    return event


def test_a_conversation_is_recorded(client: Any, provider: Provider, metering: Metering) -> None:
    output = {"message": {"role": "assistant", "content": [{"text": "Paris"}]}}
    answer = {"output": output, "stopReason": "end_turn", "usage": USAGE, "metrics": {}}
    provider.play(
        {
            "answer": {**answer, "serviceTier": {"type": "flex"}},
            "headers": {"x-amzn-requestid": "req-1"},
        }
    )
    assert client.converse(**ASK)["output"] == output
    event = only(metering)
    assert event["tokens"] == MESSAGE_COUNTED
    assert event["model"] == MODEL
    assert event["customer"] == "ada"
    assert event["metadata"] == {
        "endpoint": "generate",
        "responseId": "req-1",
        "serviceTier": "flex",
    }


def conversed(**more: Any) -> dict[str, Any]:
    chunks = [encoded(name, event) for name, event in CONVERSED]
    return {"chunks": chunks, "contentType": EVENT_STREAM, **more}


def test_a_streamed_conversation_is_recorded(
    client: Any, provider: Provider, metering: Metering
) -> None:
    provider.play(conversed())
    names = [name for event in client.converse_stream(**ASK)["stream"] for name in event]
    assert names == [name for name, _event in CONVERSED]
    assert only(metering)["tokens"] == MESSAGE_COUNTED


def test_an_app_that_stops_at_the_end_of_the_message_is_billed_for_all(
    client: Any, provider: Provider, metering: Metering
) -> None:
    provider.play(conversed())
    for event in client.converse_stream(**ASK)["stream"]:
        if "messageStop" in event:
            break
    assert only(metering)["tokens"] == MESSAGE_COUNTED


@pytest.mark.parametrize("closes", [True, False])
def test_a_stream_that_is_left_is_estimated(
    client: Any, provider: Provider, metering: Metering, closes: bool
) -> None:
    provider.play(conversed(leftAfter=2))
    stream = client.converse_stream(**ASK)["stream"]
    events = iter(stream)
    next(events)
    next(events)
    if closes:
        stream.close()
    del events, stream
    provider.left.set()
    event = only(metering)
    assert event["tokens"] == {"input": 2, "output": 5}
    assert event["metadata"]["estimated"] == "true"


def test_a_model_that_is_asked_in_its_own_words_is_recorded(
    client: Any, provider: Provider, metering: Metering
) -> None:
    provider.play(message())
    body = json.dumps({"messages": [{"role": "user", "content": "Where?"}], "max_tokens": 9})
    answer = client.invoke_model(modelId=MODEL, body=body)
    assert json.loads(answer["body"].read())["id"] == "msg_01"
    assert only(metering)["tokens"] == MESSAGE_COUNTED
    metering.forget()
    chunks = [encoded("chunk", json.loads(frame)) for frame in map(_payload, message_events())]
    provider.play({"chunks": chunks, "contentType": EVENT_STREAM})
    answer = client.invoke_model_with_response_stream(modelId=MODEL, body=body)
    assert len(list(answer["body"])) == len(message_events())
    assert only(metering)["tokens"] == MESSAGE_COUNTED


def _payload(event: dict[str, Any]) -> bytes:
    """As Amazon wraps what a model says."""
    framed = in_amazons_stream(event)
    _length, headers_length = struct.unpack_from(">II", framed)
    return framed[12 + headers_length : -4]


def test_a_model_that_tells_nothing_is_counted_by_what_amazon_tells(
    client: Any, provider: Provider, metering: Metering
) -> None:
    counted = {
        "x-amzn-bedrock-input-token-count": "100",
        "x-amzn-bedrock-output-token-count": "20",
    }
    provider.play({"answer": {"generation": "Paris"}, "headers": counted})
    client.invoke_model(modelId="meta.llama4", body='{"prompt":"Where?"}')
    provider.play(
        {
            "answer": {"embedding": [0.5], "inputTextTokenCount": 8},
            "headers": {"x-amzn-bedrock-input-token-count": "8"},
        }
    )
    client.invoke_model(modelId="amazon.titan-embed-text-v2:0", body='{"inputText":"Where?"}')
    tokens = [event["tokens"] for event in metering.recorded()]
    assert tokens == [{"input": 100, "output": 20}, {"input": 8}]
    assert metering.errors == []


def test_errors_are_not_recorded(client: Any, provider: Provider, metering: Metering) -> None:
    provider.play({"error": {"status": 400, "body": {"message": "No."}}})
    with pytest.raises(ClientError):
        client.converse(**ASK)
    with pytest.raises(ClientError):
        client.converse_stream(**ASK)
    assert metering.recorded() == []
