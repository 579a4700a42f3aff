"""The client of `google-genai`: models, chats and embeddings, sync and async."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from answers import GEMINI_COUNTED, gemini
from conftest import Metering
from google import genai
from provider import Provider

from tollkeeper import customer, meter

MODEL = "gemini-2.5-flash"
FIRST = gemini({"promptTokenCount": 100, "totalTokenCount": 100}, reason=None)


@pytest.fixture
def client(provider: Provider, metering: Metering) -> genai.Client:
    options = genai.types.HttpOptions(base_url=provider.url)
    plain = genai.Client(api_key="sk", http_options=options)
    return meter(plain, tollkeeper=metering.tollkeeper, customer="ada")


def only(metering: Metering) -> dict[str, Any]:
    [event] = metering.recorded()
    assert metering.errors == []
    return event


def test_an_answer_is_recorded_with_thoughts_beside_it(
    client: genai.Client, provider: Provider, metering: Metering
) -> None:
    provider.play({"answer": gemini()})
    assert client.models.generate_content(model=MODEL, contents="Where?").text == "Paris"
    event = only(metering)
    assert event["tokens"] == GEMINI_COUNTED
    assert event["model"] == MODEL
    assert event["metadata"] == {
        "endpoint": "generate",
        "reportedModel": "gemini-2.5-flash-001",
        "responseId": "gem-1",
    }


def test_a_stream_that_counts_on_is_recorded_once(
    client: genai.Client, provider: Provider, metering: Metering
) -> None:
    provider.play({"chunks": [FIRST, FIRST, gemini()]})
    for chunk in client.models.generate_content_stream(model=MODEL, contents="Where?"):
        assert chunk.text == "Paris"
    assert only(metering)["tokens"] == GEMINI_COUNTED


def test_chats_are_recorded(client: genai.Client, provider: Provider, metering: Metering) -> None:
    provider.play({"answer": gemini()})
    chat = client.chats.create(model=MODEL)
    chat.send_message("Where?")
    chat.send_message("And now?")
    assert [event["tokens"] for event in metering.recorded()] == [GEMINI_COUNTED] * 2


def test_a_stream_that_is_left_is_estimated(
    client: genai.Client, provider: Provider, metering: Metering
) -> None:
    provider.play({"chunks": [FIRST, gemini()], "leftAfter": 1})
    events = client.models.generate_content_stream(model=MODEL, contents="Where?")
    next(events)
    events.close()
    provider.left.set()
    event = only(metering)
    assert event["tokens"] == {"input": 100, "output": 2}
    assert event["metadata"]["estimated"] == "true"


@pytest.mark.parametrize("is_streamed", [True, False])
def test_errors_are_not_recorded(
    client: genai.Client, provider: Provider, metering: Metering, is_streamed: bool
) -> None:
    error = {"error": {"code": 400, "message": "No.", "status": "INVALID_ARGUMENT"}}
    provider.play({"error": {"status": 400, "body": error}})
    ask = {"model": MODEL, "contents": "Where?"}
    with pytest.raises(genai.errors.APIError):
        if is_streamed:
            list(client.models.generate_content_stream(**ask))
        else:
            client.models.generate_content(**ask)
    assert metering.recorded() == []


def test_async_calls_are_recorded_for_who_makes_them(
    client: genai.Client, provider: Provider, metering: Metering
) -> None:
    async def main() -> None:
        with customer("bo"):
            provider.play({"answer": gemini()})
            await client.aio.models.generate_content(model=MODEL, contents="Where?")
            provider.play({"chunks": [FIRST, gemini()]})
            ask = client.aio.models.generate_content_stream(model=MODEL, contents="Where?")
            async for chunk in await ask:
                assert chunk.text == "Paris"
        await client.aio.aclose()

    asyncio.run(main())
    events = metering.recorded()
    assert [event["tokens"] for event in events] == [GEMINI_COUNTED] * 2
    assert {event["customer"] for event in events} == {"bo"}


def test_an_async_stream_that_is_left_is_estimated_when_the_event_loop_has_closed_it(
    client: genai.Client, provider: Provider, metering: Metering
) -> None:
    async def main() -> dict[str, Any]:
        provider.play({"chunks": [FIRST, gemini()], "leftAfter": 1})
        events = await client.aio.models.generate_content_stream(model=MODEL, contents="Where?")
        await events.__anext__()
        await events.aclose()  # type: ignore[attr-defined]
        # The client has generators in each other: a turn makes a task of one, the next closes it.
        for _turn in range(8):
            await asyncio.sleep(0)
        try:
            return only(metering)
        finally:
            provider.left.set()

    event = asyncio.run(main())
    assert event["tokens"] == {"input": 100, "output": 2}
    assert event["metadata"]["estimated"] == "true"


def test_a_client_that_is_metered_again_goes_by_the_later_word(
    client: genai.Client, provider: Provider, metering: Metering
) -> None:
    provider.play({"answer": gemini()})
    meter(client, tollkeeper=metering.tollkeeper, customer="cy")
    client.models.generate_content(model=MODEL, contents="Where?")
    assert only(metering)["customer"] == "cy"
