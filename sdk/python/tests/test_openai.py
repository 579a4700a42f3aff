"""The official client of OpenAI, in all the ways that apps call it."""

from __future__ import annotations

import asyncio
import gc
import io
import json
import threading
from typing import Any

import httpx
import openai
import pytest
from answers import (
    COUNTED,
    RESPONSES_COUNTED,
    chat,
    chat_chunk,
    chat_stream,
    response,
    response_stream,
)
from conftest import Metering
from provider import Provider
from pydantic import BaseModel

from tollkeeper import CUSTOMER_HEADER, TollkeeperError, customer, meter

ASK: Any = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Where?"}]}
STREAM: Any = {**ASK, "stream": True}


class City(BaseModel):
    city: str


@pytest.fixture
def client(provider: Provider, metering: Metering) -> openai.OpenAI:
    plain = openai.OpenAI(base_url=f"{provider.url}/v1", api_key="sk", max_retries=0)
    return meter(plain, tollkeeper=metering.tollkeeper, customer="ada")


@pytest.fixture
def async_client(provider: Provider, metering: Metering) -> openai.AsyncOpenAI:
    plain = openai.AsyncOpenAI(base_url=f"{provider.url}/v1", api_key="sk", max_retries=0)
    return meter(plain, tollkeeper=metering.tollkeeper, customer="ada")


def only(metering: Metering) -> dict[str, Any]:
    [event] = metering.recorded()
    assert metering.errors == []
    return event


def is_counted(metering: Metering, tokens: dict[str, int] = COUNTED) -> bool:
    return only(metering)["tokens"] == tokens


def test_a_call_is_recorded_before_its_answer_is_seen(
    client: openai.OpenAI, provider: Provider, metering: Metering
) -> None:
    provider.play(chat())
    assert client.chat.completions.create(**ASK).choices[0].message.content == '{"city":"Paris"}'
    event = only(metering)
    assert event["customer"] == "ada"
    assert event["model"] == "gpt-4o-mini"
    assert event["tokens"] == COUNTED
    assert event["metadata"] == {
        "endpoint": "chat",
        "reportedModel": "gpt-4o-mini-2024-07-18",
        "responseId": "chatcmpl-1",
    }
    assert event["id"] != "chatcmpl-1"


def test_a_server_that_repeats_its_ids_is_counted_by_call(
    client: openai.OpenAI, provider: Provider, metering: Metering
) -> None:
    provider.play(chat())
    for _ in range(3):
        client.chat.completions.create(**ASK)
    assert len({event["id"] for event in metering.recorded()}) == 3


def test_a_stream_is_recorded_and_shows_no_chunk_that_was_not_asked_for(
    client: openai.OpenAI, provider: Provider, metering: Metering
) -> None:
    provider.play(chat_stream())
    texts = [chunk.choices[0].delta.content for chunk in client.chat.completions.create(**STREAM)]
    assert texts == ['{"city":', '"Paris"}', None]
    assert is_counted(metering)
    assert json.loads(provider.asked[0]["body"])["stream_options"] == {"include_usage": True}


def test_an_app_that_asks_for_usage_sees_it(
    client: openai.OpenAI, provider: Provider, metering: Metering
) -> None:
    provider.play(chat_stream())
    options = {"include_usage": True}
    chunks = list(client.chat.completions.create(**STREAM, stream_options=options))
    assert chunks[-1].usage is not None
    assert is_counted(metering)


def ways(client: Any) -> dict[str, Any]:
    """Each of them asks once, and reads all of the answer."""
    completions = client.chat.completions

    def streamed_response() -> None:
        with completions.with_streaming_response.create(**ASK) as answer:
            assert answer.parse().id == "chatcmpl-1"

    def helper() -> None:
        with completions.stream(**ASK, response_format=City) as events:
            assert events.get_final_completion().choices[0].message.parsed == City(city="Paris")

    return {
        "with_options": lambda: client.with_options(timeout=5).chat.completions.create(**ASK),
        "copy": lambda: client.copy().with_options(max_retries=1).chat.completions.create(**ASK),
        "raw": lambda: completions.with_raw_response.create(**ASK).parse(),
        "streaming response": streamed_response,
        "parse": lambda: completions.parse(**ASK, response_format=City),
        "stream": lambda: list(completions.create(**STREAM)),
        "stream helper": helper,
        "raw stream": lambda: list(completions.with_raw_response.create(**STREAM).parse()),
    }


@pytest.mark.parametrize("way", ways(openai.OpenAI(api_key="sk")))
def test_whichever_way_it_is_called_it_is_recorded_once(
    way: str, client: openai.OpenAI, provider: Provider, metering: Metering
) -> None:
    provider.play(
        {
            "choose": lambda asked: (
                chat_stream()
                if b'"stream":true' in asked["body"] or b'"stream": true' in asked["body"]
                else chat()
            )
        }
    )
    ways(client)[way]()
    assert is_counted(metering)


def test_responses_are_recorded_plain_and_streamed(
    client: openai.OpenAI, provider: Provider, metering: Metering
) -> None:
    provider.play({"answer": response()})
    assert client.responses.create(model="gpt-5", input="Where?").output_text == "Paris"
    assert is_counted(metering, RESPONSES_COUNTED)
    metering.forget()
    provider.play(response_stream())
    with client.responses.stream(model="gpt-5", input="Where?") as events:
        assert events.get_final_response().output_text == "Paris"
    assert is_counted(metering, RESPONSES_COUNTED)


def test_a_response_in_the_background_is_recorded_once_when_it_is_looked_up(
    client: openai.OpenAI, provider: Provider, metering: Metering
) -> None:
    waiting = response(None, status="queued", background=True, output=[])
    provider.play({"answer": waiting})
    client.responses.create(model="gpt-5", input="Where?", background=True)
    client.responses.retrieve("resp_1")
    assert metering.recorded() == []
    provider.play({"answer": response(background=True)})
    client.responses.retrieve("resp_1")
    client.responses.retrieve("resp_1")
    assert {event["id"] for event in metering.recorded()} == {"resp_1"}


def test_what_is_only_read_again_is_not_recorded(
    client: openai.OpenAI, provider: Provider, metering: Metering
) -> None:
    provider.play({"answer": response()})
    client.responses.retrieve("resp_1")
    assert metering.recorded() == []


@pytest.mark.parametrize("usage", [None, {"total_tokens": 0, "input_tokens": 0}])
def test_a_response_that_fails_is_not_recorded(
    client: openai.OpenAI, provider: Provider, metering: Metering, usage: Any
) -> None:
    provider.play(response_stream("failed", usage))
    list(client.responses.create(model="gpt-5", input="x" * 4_000, stream=True))
    provider.play({"answer": response(usage, status="failed", output=[])})
    client.responses.create(model="gpt-5", input="x" * 4_000)
    assert metering.recorded() == []
    assert metering.errors == []


def test_errors_are_not_recorded_and_a_retry_is_recorded_once(
    client: openai.OpenAI, provider: Provider, metering: Metering
) -> None:
    provider.play({"error": {"status": 429, "body": {"error": {"message": "Slowly."}}}})
    with pytest.raises(openai.RateLimitError):
        client.chat.completions.create(**ASK)
    answers = iter([{"error": {"status": 500, "body": {}}}, chat()])
    provider.play({"choose": lambda _asked: next(answers)})
    client.with_options(max_retries=2).chat.completions.create(**ASK)
    assert is_counted(metering)


def test_other_kinds_of_calls_are_recorded(
    client: openai.OpenAI, provider: Provider, metering: Metering
) -> None:
    embedded = [{"object": "embedding", "index": 0, "embedding": [0.5]}]
    usage = {"prompt_tokens": 8, "total_tokens": 8}
    listed = {"object": "list", "model": "e", "data": embedded, "usage": usage}
    provider.play({"answer": listed})
    client.embeddings.create(model="text-embedding-3-small", input="Where?")
    completion = {"id": "c", "object": "text_completion", "created": 1, "model": "m"}
    choice = {"index": 0, "text": "Paris", "finish_reason": "stop"}
    provider.play(
        {
            "answer": {
                **completion,
                "choices": [choice],
                "usage": {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4},
            }
        }
    )
    client.completions.create(model="gpt-3.5-turbo-instruct", prompt="Where?")
    heard = {
        "type": "tokens",
        "input_tokens": 14,
        "output_tokens": 45,
        "total_tokens": 59,
        "input_token_details": {"audio_tokens": 14, "text_tokens": 0},
    }
    provider.play({"answer": {"text": "Paris", "usage": heard}})
    sound = ("a.wav", io.BytesIO(b"RIFF"))
    client.audio.transcriptions.create(model="gpt-4o-transcribe", file=sound)
    painted = {
        "input_tokens": 50,
        "output_tokens": 1_000,
        "total_tokens": 1_050,
        "input_tokens_details": {"text_tokens": 10, "image_tokens": 40},
    }
    provider.play({"answer": {"created": 1, "data": [{"b64_json": "AA"}], "usage": painted}})
    client.images.generate(model="gpt-image-1", prompt="Paris")
    client.images.edit(model="gpt-image-1", prompt="Paris", image=io.BytesIO(b"PNG"))
    events = metering.recorded()
    assert metering.errors == []
    assert [(event["model"], event["tokens"]) for event in events] == [
        ("text-embedding-3-small", {"input": 8, "output": 0}),
        ("gpt-3.5-turbo-instruct", {"input": 3, "output": 1}),
        ("gpt-4o-transcribe", {"input": 14, "output": 45}),
        ("gpt-image-1", {"input": 50, "output": 1_000}),
        ("gpt-image-1", {"input": 50, "output": 1_000}),
    ]
    assert events[2]["metadata"]["audioInput"] == 14
    assert events[3]["metadata"]["imageInput"] == 40


def test_speech_and_lists_of_models_pass_as_they_are(
    client: openai.OpenAI, provider: Provider, metering: Metering
) -> None:
    provider.play({"answer": b"RIFF\n\n{", "contentType": "audio/mpeg"})
    with client.audio.speech.with_streaming_response.create(
        model="tts-1", voice="alloy", input="Paris"
    ) as sound:
        assert sound.read() == b"RIFF\n\n{"
    provider.play({"answer": {"object": "list", "data": []}})
    assert list(client.models.list()) == []
    assert metering.recorded() == []
    assert metering.errors == []


def azure(provider: Provider, **more: Any) -> Any:
    given = {"azure_endpoint": provider.url, "api_key": "k", "api_version": "2024-10-21", **more}
    return openai.AzureOpenAI(**given)


@pytest.mark.parametrize("options", [{}, {"azure_deployment": "team-gpt4o"}])
def test_azure_is_asked_as_it_would_have_been(
    provider: Provider, metering: Metering, options: dict[str, str]
) -> None:
    provider.play(chat())
    azure(provider, **options).chat.completions.create(**ASK)
    metered = meter(azure(provider, **options), tollkeeper=metering.tollkeeper, customer="ada")
    metered.chat.completions.create(**ASK)
    metered.with_options(timeout=9).chat.completions.create(**ASK)
    bare, first, copied = (asked["path"] for asked in provider.asked)
    assert bare == first == copied
    assert "api-version=2024-10-21" in bare
    assert options.get("azure_deployment", "gpt-4o-mini") in bare
    assert [event["tokens"] for event in metering.recorded()] == [COUNTED, COUNTED]


def test_the_first_chunk_of_azure_that_has_no_time_is_not_believed(
    provider: Provider, metering: Metering
) -> None:
    first = {**chat_chunk(), "created": 0, "id": "", "model": "", "choices": []}
    provider.play({"chunks": [first, *chat_stream()["chunks"]]})
    client = meter(azure(provider), tollkeeper=metering.tollkeeper, customer="ada")
    list(client.chat.completions.create(**STREAM))
    assert only(metering)["metadata"]["responseId"] == "chatcmpl-1"


def test_a_stream_that_is_left_is_estimated_and_marked(
    client: openai.OpenAI, provider: Provider, metering: Metering
) -> None:
    provider.play(chat_stream(leftAfter=1))
    with client.chat.completions.create(**STREAM) as chunks:
        next(iter(chunks))
    event = only(metering)
    provider.left.set()
    assert event["tokens"] == {"input": 2, "output": 2}
    assert event["metadata"]["estimated"] == "true"


def test_a_stream_that_nobody_closes_is_recorded_when_it_is_collected(
    client: openai.OpenAI, provider: Provider, metering: Metering
) -> None:
    provider.play(chat_stream(leftAfter=1))
    chunks = client.chat.completions.create(**STREAM)
    next(iter(chunks))
    del chunks
    gc.collect()
    assert only(metering)["metadata"]["estimated"] == "true"
    provider.left.set()


def test_a_stream_that_breaks_is_estimated(
    client: openai.OpenAI, provider: Provider, metering: Metering
) -> None:
    provider.play(chat_stream(breaksAfter=2))
    with pytest.raises((openai.APIConnectionError, httpx.HTTPError)):
        list(client.chat.completions.create(**STREAM))
    assert only(metering)["metadata"]["estimated"] == "true"


def test_usage_that_was_told_before_a_stream_was_left_is_not_made_less(
    client: openai.OpenAI, provider: Provider, metering: Metering
) -> None:
    usage = {"prompt_tokens": 100, "completion_tokens": 8, "total_tokens": 108}
    provider.play({"chunks": [chat_chunk("a", usage=usage), chat_chunk("b")], "leftAfter": 1})
    with client.chat.completions.create(**STREAM) as chunks:
        next(iter(chunks))
    provider.left.set()
    event = only(metering)
    assert event["tokens"] == {"input": 100, "output": 8}
    assert event["metadata"]["estimated"] == "true"


def test_usage_that_never_comes_holds_nobody_up_for_long(
    client: openai.OpenAI, provider: Provider, metering: Metering
) -> None:
    provider.play(chat_stream(leftAfter=3))
    with client.chat.completions.create(**STREAM) as chunks:
        for chunk in chunks:
            if chunk.choices[0].finish_reason:
                break
    assert only(metering)["metadata"]["estimated"] == "true"
    provider.left.set()


@pytest.mark.parametrize("content_type", ["application/json", "Text/Event-Stream", ""])
def test_a_stream_by_another_name_is_recorded(
    client: openai.OpenAI, provider: Provider, metering: Metering, content_type: str
) -> None:
    provider.play({**chat_stream(), "contentType": content_type})
    assert len(list(client.chat.completions.create(**STREAM))) == 3
    assert is_counted(metering)


@pytest.mark.parametrize("text", ["Unknown: stream_options", "Extra inputs are not permitted"])
def test_who_does_not_know_what_we_ask_for_is_asked_as_the_app_did(
    client: openai.OpenAI, provider: Provider, metering: Metering, text: str
) -> None:
    refusal = {"error": {"status": 400, "body": {"error": {"message": text}}}}
    chunks = {"chunks": [chat_chunk("Paris"), chat_chunk(reason="stop"), "[DONE]"]}
    provider.play(
        {"choose": lambda asked: refusal if b"stream_options" in asked["body"] else chunks}
    )
    assert len(list(client.chat.completions.create(**STREAM))) == 2
    [event] = metering.recorded()
    assert event["metadata"]["estimated"] == "true"
    assert [error.code for error in metering.errors] == ["meter_failed"]


def test_a_request_that_is_wrong_is_told_as_ever(
    client: openai.OpenAI, provider: Provider, metering: Metering
) -> None:
    provider.play({"error": {"status": 400, "body": {"error": {"message": "No such model."}}}})
    with pytest.raises(openai.BadRequestError, match="No such model"):
        client.chat.completions.create(**STREAM)
    assert metering.recorded() == []


def test_the_customer_is_who_is_named_closest(provider: Provider, metering: Metering) -> None:
    provider.play(chat())
    plain = openai.OpenAI(base_url=provider.url, api_key="sk")
    client = meter(plain, tollkeeper=metering.tollkeeper, customer=lambda call: f"of-{call.model}")
    client.chat.completions.create(**ASK)
    with customer("bo"):
        client.chat.completions.create(**ASK)
        client.chat.completions.create(**ASK, extra_headers={CUSTOMER_HEADER: "cy"})
    payers = [event["customer"] for event in metering.recorded()]
    assert payers == ["of-gpt-4o-mini", "bo", "cy"]
    assert all(CUSTOMER_HEADER not in asked["headers"] for asked in provider.asked)


def test_a_call_that_nobody_pays_for_is_told_or_refused(
    provider: Provider, metering: Metering
) -> None:
    provider.play(chat())
    plain = openai.OpenAI(base_url=provider.url, api_key="sk", max_retries=0)
    meter(plain, tollkeeper=metering.tollkeeper).chat.completions.create(**ASK)
    assert [error.code for error in metering.errors] == ["meter_failed"]
    strict = meter(plain, tollkeeper=metering.tollkeeper, strict=True)
    # Its client 2 takes whatever is raised there for a fault of the connection.
    with pytest.raises((TollkeeperError, openai.APIConnectionError)) as refused:
        strict.chat.completions.create(**ASK)
    assert "its customer is None" in str(refused.value.__cause__ or refused.value)
    assert len(provider.asked) == 1
    assert metering.recorded() == []


def test_each_client_has_its_own_meter_though_they_share_connections(
    provider: Provider, metering: Metering
) -> None:
    provider.play(chat())
    with httpx.Client() as shared:
        given: Any = {"base_url": provider.url, "api_key": "sk", "http_client": shared}
        for name in ("ada", "bo"):
            client = meter(openai.OpenAI(**given), tollkeeper=metering.tollkeeper, customer=name)
            meter(client, tollkeeper=metering.tollkeeper, customer=name)
            client.chat.completions.create(**ASK)
        openai.OpenAI(**given).chat.completions.create(**ASK)
    assert [event["customer"] for event in metering.recorded()] == ["ada", "bo"]


def test_names_and_ids_are_as_they_were_asked_for(provider: Provider, metering: Metering) -> None:
    provider.play(chat())
    client = meter(
        openai.OpenAI(base_url=provider.url, api_key="sk"),
        tollkeeper=metering.tollkeeper,
        customer="ada",
        vendor="acme",
        model=lambda call, reported: f"{call.model}/{reported}",
        id="provider",
    )
    client.chat.completions.create(**ASK)
    event = only(metering)
    assert event["id"] == "chatcmpl-1"
    assert event["vendor"] == "acme"
    assert event["model"] == "gpt-4o-mini/gpt-4o-mini-2024-07-18"


def test_a_call_that_our_proxy_records_too_is_one_usage_event(
    client: openai.OpenAI, provider: Provider, metering: Metering
) -> None:
    provider.play({**chat(), "headers": {"x-tollkeeper-call": "call-1"}})
    client.chat.completions.create(**ASK)
    assert only(metering)["id"] == "call-1"


def test_a_call_without_an_id_is_found_by_that_of_its_request(
    client: openai.OpenAI, provider: Provider, metering: Metering
) -> None:
    provider.play({**chat(id=""), "headers": {"x-request-id": "req-1"}})
    client.chat.completions.create(**ASK)
    assert only(metering)["metadata"]["requestId"] == "req-1"


def test_async_calls_are_recorded_for_who_makes_them(
    async_client: openai.AsyncOpenAI, provider: Provider, metering: Metering
) -> None:
    provider.play(
        {"choose": lambda asked: chat_stream() if b'"stream"' in asked["body"] else chat()}
    )
    completions = async_client.chat.completions

    async def call(name: str) -> None:
        with customer(name):
            await completions.create(**ASK)
            async for chunk in await completions.create(**STREAM):
                assert chunk.choices

    async def main() -> None:
        await asyncio.gather(*(call(f"c{number}") for number in range(10)))
        async with completions.stream(**ASK) as events:
            await events.get_final_completion()
        await completions.with_raw_response.create(**ASK)
        await async_client.with_options(timeout=5).chat.completions.create(**ASK)
        await async_client.close()

    asyncio.run(main())
    events = metering.recorded()
    assert metering.errors == []
    assert all(event["tokens"] == COUNTED for event in events)
    payers = sorted(event["customer"] for event in events)
    assert payers == sorted(["ada"] * 3 + [f"c{number}" for number in range(10)] * 2)


@pytest.mark.parametrize("leaving", ["break", "cancel"])
def test_an_async_stream_that_is_left_is_estimated(
    async_client: openai.AsyncOpenAI, provider: Provider, metering: Metering, leaving: str
) -> None:
    provider.play(chat_stream(leftAfter=1))

    async def read() -> None:
        async with await async_client.chat.completions.create(**STREAM) as chunks:
            async for _chunk in chunks:
                if leaving == "break":
                    return
                seen.set()

    async def main() -> None:
        reading = asyncio.create_task(read())
        if leaving == "cancel":
            await asyncio.to_thread(seen.wait)
            reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)

    seen = threading.Event()
    asyncio.run(main())
    provider.left.set()
    assert only(metering)["metadata"]["estimated"] == "true"


def test_an_async_app_that_stops_at_the_last_word_is_billed_for_what_follows(
    async_client: openai.AsyncOpenAI, provider: Provider, metering: Metering
) -> None:
    provider.play(chat_stream(leftAfter=3, restAfterMs=40))
    provider.left.set()

    async def main() -> None:
        async for chunk in await async_client.chat.completions.create(**STREAM):
            if chunk.choices[0].finish_reason:
                assert is_counted(metering)
                break

    asyncio.run(main())


def test_an_app_that_stops_at_the_last_word_is_billed_for_what_follows(
    client: openai.OpenAI, provider: Provider, metering: Metering
) -> None:
    provider.play(chat_stream(leftAfter=3, restAfterMs=40))
    provider.left.set()
    for chunk in client.chat.completions.create(**STREAM):
        if chunk.choices[0].finish_reason:
            assert is_counted(metering)
            break


def test_another_library_is_metered_by_its_http_client(
    provider: Provider, metering: Metering
) -> None:
    provider.play(chat())
    http = meter(httpx.Client(), tollkeeper=metering.tollkeeper, customer="ada")
    assert isinstance(http, httpx.Client)
    http.post(f"{provider.url}/v1/chat/completions", json=ASK).raise_for_status()
    openai.OpenAI(base_url=provider.url, api_key="sk", http_client=http).chat.completions.create(
        **ASK
    )
    assert len(metering.recorded()) == 2


def test_what_is_no_client_is_refused_with_what_would_do(metering: Metering) -> None:
    with pytest.raises(TypeError, match=r"meter\(httpx.Client\(\)\)"):
        meter(object(), tollkeeper=metering.tollkeeper)
