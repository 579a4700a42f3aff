"""LangChain, LiteLLM and FastAPI: calls that they make are recorded, for who makes them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any

import litellm
import openai
import pytest
from answers import CHAT_USAGE, COUNTED, RESPONSES_COUNTED, chat, chat_stream, response
from conftest import Metering, eventually
from fastapi import Depends, FastAPI, Header
from fastapi.responses import StreamingResponse
from fastapi.testclient import TestClient
from langchain_core.language_models import FakeListLLM
from langchain_openai import ChatOpenAI
from provider import Provider

from tollkeeper import customer, meter
from tollkeeper.integrations.fastapi import customer_of
from tollkeeper.integrations.langchain import CUSTOMER_KEY, TollkeeperCallback
from tollkeeper.integrations.litellm import TollkeeperLogger

DETAILED = {
    "prompt_tokens": 3_000,
    "completion_tokens": 5_050,
    "total_tokens": 8_050,
    "prompt_tokens_details": {"cached_tokens": 2_944},
    "completion_tokens_details": {"reasoning_tokens": 5_000},
}
DETAILED_COUNTED = {"input": 56, "output": 50, "cacheRead": 2_944, "reasoning": 5_000}


def tokens(metering: Metering) -> list[dict[str, int]]:
    assert metering.errors == []
    return [event["tokens"] for event in metering.recorded()]


@pytest.fixture
def chain(provider: Provider, metering: Metering) -> Any:
    callback = TollkeeperCallback(metering.tollkeeper, customer="ada")
    return ChatOpenAI(
        model="gpt-4o-mini", base_url=provider.url, api_key="sk", callbacks=[callback]
    )


def test_langchain_tells_all_details(chain: Any, provider: Provider, metering: Metering) -> None:
    provider.play(chat(DETAILED))
    chain.invoke("Where?")
    [event] = metering.recorded()
    assert event["tokens"] == DETAILED_COUNTED
    assert event["customer"] == "ada"
    assert event["model"] == "gpt-4o-mini"
    assert event["metadata"]["reportedModel"] == "gpt-4o-mini-2024-07-18"


def test_a_stream_and_a_batch_of_langchain_are_recorded(
    chain: Any, provider: Provider, metering: Metering
) -> None:
    provider.play(chat_stream())
    assert list(chain.stream("Where?", stream_usage=True))
    provider.play(chat())
    chain.batch(["Where?", "When?"])
    assert tokens(metering) == [COUNTED] * 3


def test_langchain_is_metered_for_who_runs_it(
    chain: Any, provider: Provider, metering: Metering
) -> None:
    provider.play(chat())

    async def main() -> None:
        with customer("bo"):
            await chain.ainvoke("Where?")
        await chain.ainvoke("Where?", config={"metadata": {CUSTOMER_KEY: "cy"}})

    asyncio.run(main())
    assert [event["customer"] for event in metering.recorded()] == ["bo", "cy"]
    assert tokens(metering) == [COUNTED] * 2


def test_a_stream_of_langchain_that_is_left_is_estimated(
    chain: Any, provider: Provider, metering: Metering
) -> None:
    provider.play(chat_stream(leftAfter=2))
    chunks = chain.stream("Where?")
    next(chunks)
    chunks.close()
    provider.left.set()
    [event] = metering.recorded()
    assert event["metadata"]["estimated"] == "true"


def test_errors_of_langchain_are_not_recorded(
    chain: Any, provider: Provider, metering: Metering
) -> None:
    provider.play({"error": {"status": 400, "body": {"error": {"message": "No."}}}})
    with pytest.raises(openai.BadRequestError):
        chain.invoke("Where?")
    assert tokens(metering) == []


def test_a_model_of_langchain_that_tells_nothing_is_estimated_and_told(
    metering: Metering,
) -> None:
    callback = TollkeeperCallback(metering.tollkeeper, customer="ada")
    FakeListLLM(responses=["The capital is Paris"], callbacks=[callback]).invoke("Where is it?")
    [event] = metering.recorded()
    assert event["tokens"] == {"input": 3, "output": 5}
    assert event["metadata"]["estimated"] == "true"
    assert [error.code for error in metering.errors] == ["meter_failed"]


@pytest.fixture
def lite(provider: Provider, metering: Metering) -> Iterator[dict[str, Any]]:
    litellm.callbacks = [TollkeeperLogger(metering.tollkeeper)]
    messages = [{"role": "user", "content": "Where?"}]
    at = {"api_base": provider.url, "api_key": "sk"}
    yield {"model": "openai/gpt-4o-mini", "messages": messages, **at}
    # It keeps one logger of a class, in several lists.
    litellm.logging_callback_manager._reset_all_callbacks()


def test_litellm_tells_all_details(
    lite: dict[str, Any], provider: Provider, metering: Metering
) -> None:
    provider.play(chat(DETAILED))
    litellm.completion(**lite, user="ada")
    [event] = eventually(metering.recorded)
    assert event["tokens"] == DETAILED_COUNTED
    assert (event["customer"], event["model"]) == ("ada", "gpt-4o-mini")


def test_calls_of_litellm_are_recorded_once_and_for_who_makes_them(
    lite: dict[str, Any], provider: Provider, metering: Metering
) -> None:
    async def main() -> None:
        provider.play(chat())
        with customer("bo"):
            await litellm.acompletion(**lite)
        provider.play(chat_stream())
        with customer("cy"):
            ask = {**lite, "stream": True, "stream_options": {"include_usage": True}}
            async for chunk in await litellm.acompletion(**ask):
                assert chunk
        await asyncio.to_thread(eventually, metering.recorded, lambda events: len(events) == 2)

    asyncio.run(main())
    provider.play(chat_stream())
    for chunk in litellm.completion(**lite, stream=True, metadata={CUSTOMER_KEY: "di"}):
        assert chunk
    events = eventually(metering.recorded, lambda events: len(events) == 3)
    assert [event["customer"] for event in events] == ["bo", "cy", "di"]
    assert tokens(metering) == [COUNTED] * 3


def test_other_calls_of_litellm_are_recorded(
    lite: dict[str, Any], provider: Provider, metering: Metering
) -> None:
    at = {"api_base": provider.url, "api_key": "sk"}
    provider.play({"answer": response()})
    litellm.responses(model="openai/gpt-5", input="Where?", user="ada", **at)
    eventually(metering.recorded, lambda events: len(events) == 1)
    embedded = [{"object": "embedding", "index": 0, "embedding": [0.5]}]
    usage = {"prompt_tokens": 8, "total_tokens": 8}
    provider.play({"answer": {"object": "list", "model": "e", "data": embedded, "usage": usage}})
    litellm.embedding(model="openai/e", input=["Where?"], user="ada", **at)
    events = eventually(metering.recorded, lambda events: len(events) == 2)
    assert events[0]["tokens"] == RESPONSES_COUNTED
    assert events[1]["tokens"] == {"input": 8, "output": 0}
    assert [event["metadata"]["endpoint"] for event in events] == ["responses", "embeddings"]


def test_errors_of_litellm_are_not_recorded_and_who_pays_nothing_is_told(
    lite: dict[str, Any], provider: Provider, metering: Metering
) -> None:
    provider.play({"error": {"status": 400, "body": {"error": {"message": "No."}}}})
    with pytest.raises(litellm.BadRequestError):
        litellm.completion(**lite, user="ada")
    provider.play(chat())
    litellm.completion(**lite)
    assert eventually(lambda: [error.code for error in metering.errors]) == ["meter_failed"]
    assert metering.recorded() == []


def test_calls_within_a_request_of_fastapi_are_the_customers(
    provider: Provider, metering: Metering
) -> None:
    plain: Any = {"base_url": provider.url, "api_key": "sk"}
    client = meter(openai.OpenAI(**plain), tollkeeper=metering.tollkeeper)
    async_client = meter(openai.AsyncOpenAI(**plain), tollkeeper=metering.tollkeeper)
    ask: Any = {"model": "m", "messages": []}

    def user_of(x_user: Annotated[str, Header()]) -> str:
        return x_user

    app = FastAPI(dependencies=[Depends(customer_of(user_of, throttled_by=metering.tollkeeper))])

    @app.get("/sync")
    def sync() -> None:
        client.chat.completions.create(**ask)

    @app.get("/async")
    async def asynchronous() -> None:
        await async_client.chat.completions.create(**ask)

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        async def words() -> AsyncIterator[str]:
            async for chunk in await async_client.chat.completions.create(**ask, stream=True):
                yield chunk.choices[0].delta.content or ""

        return StreamingResponse(words())

    with TestClient(app) as web:
        for path, user in (("/sync", "ada"), ("/async", "bo"), ("/stream", "cy")):
            provider.play(chat_stream() if path == "/stream" else chat())
            assert web.get(path, headers={"x-user": user}).status_code == 200
    events = metering.recorded()
    assert [(event["customer"], event["tokens"]) for event in events] == [
        (user, COUNTED) for user in ("ada", "bo", "cy")
    ]
    assert CHAT_USAGE["total_tokens"] == sum(COUNTED.values())
