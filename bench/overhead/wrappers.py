"""What each wrapper of the SDK for Python adds to a call of a model: the calls with it and without
it take turns, and how long each took is printed as JSON. `PROVIDER_URL` answers at once, and takes
the usage, too; `CALLS` are made of each, after `WARM_UP_CALLS`."""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import anthropic
import boto3
import httpx
import litellm
import openai
from botocore.config import Config
from google import genai
from langchain_openai import ChatOpenAI

from tollkeeper import Tollkeeper, meter
from tollkeeper.integrations.langchain import TollkeeperCallback
from tollkeeper.integrations.litellm import TollkeeperLogger

URL = os.environ["PROVIDER_URL"]
CALLS = int(os.environ["CALLS"])
WARM_UP_CALLS = int(os.environ["WARM_UP_CALLS"])
TEXT = "What does it cost? " * 50
MESSAGES: Any = [{"role": "user", "content": TEXT}]
CHAT: Any = {"model": "gpt-4o-mini", "messages": MESSAGES}
RESPONSE: Any = {"model": "gpt-4o-mini", "input": TEXT}
MESSAGE: Any = {"model": "claude-haiku-4-5", "messages": MESSAGES, "max_tokens": 100}
CONTENT: Any = {"model": "gemini-2.5-flash", "contents": TEXT}
CONVERSE: Any = {
    "modelId": "anthropic.claude-haiku-4-5-v1:0",
    "messages": [{"role": "user", "content": [{"text": TEXT}]}],
}


@dataclass
class Calls:
    once: Callable[[], object]
    stream: Callable[[], object]


Compared = tuple[Calls, Calls]


def read(events: Any) -> None:
    for _event in events:
        pass


def compared(make: Callable[[], Any], calls: Callable[[Any], Calls], to: Tollkeeper) -> Compared:
    """A client is metered for good: the plain one is another."""
    return calls(make()), calls(meter(make(), tollkeeper=to, customer="bench"))


def make_openai(**more: Any) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{URL}/v1", api_key="bench", **more)


def chat(client: openai.OpenAI) -> Calls:
    create: Any = client.chat.completions.create
    return Calls(lambda: create(**CHAT), lambda: read(create(**CHAT, stream=True)))


def responses(client: openai.OpenAI) -> Calls:
    create: Any = client.responses.create
    return Calls(lambda: create(**RESPONSE), lambda: read(create(**RESPONSE, stream=True)))


def by_async(to: Tollkeeper) -> Compared:
    loop = asyncio.new_event_loop()

    def calls(client: openai.AsyncOpenAI) -> Calls:
        create: Any = client.chat.completions.create

        async def stream() -> None:
            async for _event in await create(**CHAT, stream=True):
                pass

        return Calls(
            lambda: loop.run_until_complete(create(**CHAT)),
            lambda: loop.run_until_complete(stream()),
        )

    make = lambda: openai.AsyncOpenAI(base_url=f"{URL}/v1", api_key="bench")  # noqa: E731
    return compared(make, calls, to)


def by_anthropic(to: Tollkeeper) -> Compared:
    def calls(client: anthropic.Anthropic) -> Calls:
        create: Any = client.messages.create
        return Calls(lambda: create(**MESSAGE), lambda: read(create(**MESSAGE, stream=True)))

    return compared(lambda: anthropic.Anthropic(base_url=URL, api_key="bench"), calls, to)


def by_gemini(to: Tollkeeper) -> Compared:
    def calls(client: Any) -> Calls:
        # A client that nobody holds closes itself.
        return Calls(
            lambda: client.models.generate_content(**CONTENT),
            lambda: read(client.models.generate_content_stream(**CONTENT)),
        )

    options = genai.types.HttpOptions(base_url=URL)
    return compared(lambda: genai.Client(api_key="bench", http_options=options), calls, to)


def by_bedrock(to: Tollkeeper) -> Compared:
    """Its streams are Amazon's own, and the provider here has none: both calls are plain."""

    def make() -> Any:
        return boto3.client(
            "bedrock-runtime",
            endpoint_url=URL,
            region_name="us-east-1",
            aws_access_key_id="a",
            aws_secret_access_key="s",
            config=Config(retries={"total_max_attempts": 1}),
        )

    def calls(client: Any) -> Calls:
        return Calls(lambda: client.converse(**CONVERSE), lambda: client.converse(**CONVERSE))

    return compared(make, calls, to)


def by_httpx(to: Tollkeeper) -> Compared:
    metered = meter(httpx.Client(), tollkeeper=to, customer="bench")

    def calls(http: httpx.Client) -> Calls:
        def post(body: dict[str, Any]) -> httpx.Response:
            return http.post(f"{URL}/v1/chat/completions", json=body)

        return Calls(lambda: post(CHAT), lambda: post({**CHAT, "stream": True}))

    return calls(httpx.Client()), calls(metered)


def by_langchain(to: Tollkeeper) -> Compared:
    def calls(*callbacks: Any) -> Calls:
        model: Any = ChatOpenAI(
            model=CHAT["model"],
            base_url=f"{URL}/v1",
            api_key="bench",
            callbacks=list(callbacks),
        )
        return Calls(
            lambda: model.invoke(TEXT), lambda: read(model.stream(TEXT, stream_usage=True))
        )

    return calls(), calls(TollkeeperCallback(to, customer="bench"))


def by_litellm(to: Tollkeeper) -> Compared:
    logger = TollkeeperLogger(to, customer="bench")

    def calls(**more: Any) -> Calls:
        at = {"model": "openai/gpt-4o-mini", "api_base": f"{URL}/v1", "api_key": "bench"}
        ask: Any = {**at, "messages": MESSAGES, **more}
        options = {"include_usage": True}
        return Calls(
            lambda: litellm.completion(**ask),
            lambda: read(litellm.completion(**ask, stream=True, stream_options=options)),
        )

    return calls(), calls(success_callback=[logger])


CASES: dict[str, Callable[[Tollkeeper], Compared]] = {
    "meter(OpenAI)": lambda to: compared(make_openai, chat, to),
    "meter(OpenAI), responses": lambda to: compared(make_openai, responses, to),
    "meter(AsyncOpenAI)": by_async,
    "meter(Anthropic)": by_anthropic,
    "meter(genai.Client)": by_gemini,
    "meter(bedrock-runtime)": by_bedrock,
    "meter(httpx.Client)": by_httpx,
    "TollkeeperCallback (LangChain)": by_langchain,
    "TollkeeperLogger (LiteLLM)": by_litellm,
}


def take_turns(pair: Compared) -> dict[str, list[float]]:
    took: tuple[list[float], list[float]] = ([], [])
    for call in range(-WARM_UP_CALLS, CALLS):
        # Neither is always the first after a pause.
        for which in (0, 1) if call % 4 < 2 else (1, 0):
            make = pair[which].once if call % 2 == 0 else pair[which].stream
            started_at = time.perf_counter()
            make()
            took_ms = (time.perf_counter() - started_at) * 1000
            if call >= 0:
                took[which].append(took_ms)
    return {"plainMs": took[0], "meteredMs": took[1]}


def measured() -> Iterator[dict[str, Any]]:
    for of, start in CASES.items():
        with tempfile.TemporaryDirectory() as spool:
            to = Tollkeeper(URL, "bench", spool=spool)
            durations = take_turns(start(to))
            if of.startswith("TollkeeperLogger"):
                # It is told in a thread of LiteLLM's, which may come later.
                time.sleep(1)
            to.close(60)
            yield {"of": of, **durations}


for line in measured():
    print(json.dumps(line), flush=True)
