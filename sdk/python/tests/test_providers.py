"""What providers answer comes to the pools that test/providers/ has for it, through the real
clients of those who have one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anthropic
import httpx
import openai
import pytest
from conftest import Metering
from google import genai
from provider import Case, Provider

from tollkeeper import meter
from tollkeeper.metering.call import Call, call_of
from tollkeeper.metering.meter import Meter

ANSWERS = Path(__file__).parents[3] / "test" / "providers" / "answers"


def cases() -> list[Any]:
    files = sorted(ANSWERS.glob("*.json"))
    assert files, f"no file in {ANSWERS}"
    return [
        pytest.param(told["protocol"], case, id=f"{file.stem}: {case['name']}")
        for file in files
        for told in [json.loads(file.read_text())]
        for case in told["cases"]
    ]


def is_streamed(case: Case) -> bool:
    return "chunks" in case


def events_seen(case: Case) -> int:
    """So many events an app reads before it leaves: it is not shown what it did not ask for."""
    options = case["request"]["body"].get("stream_options") or {}

    def is_shown(chunk: Any) -> bool:
        if not isinstance(chunk, dict):
            return False
        is_usage = chunk.get("choices") == [] and isinstance(chunk.get("usage"), dict)
        return not is_usage or options.get("include_usage") is True

    return sum(is_shown(chunk) for chunk in case["chunks"][: case["leftAfter"]])


def read_events(case: Case, provider: Provider, events: Any) -> None:
    wanted = events_seen(case) if "leftAfter" in case else None
    try:
        if wanted != 0:
            for seen, _event in enumerate(events, 1):
                if seen == wanted:
                    break
    finally:
        provider.left.set()
        events.close()


async def read_events_async(case: Case, provider: Provider, events: Any) -> None:
    wanted = events_seen(case) if "leftAfter" in case else None
    seen = 0
    try:
        async for _event in events if wanted != 0 else none():
            seen += 1
            if seen == wanted:
                break
    finally:
        provider.left.set()
        await events.close()


async def none() -> Any:
    for never in ():
        yield never


def by_openai(case: Case, provider: Provider, wrap: Callable[[Any], Any]) -> None:
    client = wrap(openai.OpenAI(base_url=provider.url, api_key="sk", max_retries=0))
    path, body = case["request"]["path"], case["request"]["body"]
    if not is_streamed(case):
        client.post(path, body=body, cast_to=object)
        return
    kind = openai.Stream[object]
    events = client.post(path, body=body, cast_to=object, stream=True, stream_cls=kind)
    read_events(case, provider, events)


def by_openai_async(case: Case, provider: Provider, wrap: Callable[[Any], Any]) -> None:
    async def run() -> None:
        plain = openai.AsyncOpenAI(base_url=provider.url, api_key="sk", max_retries=0)
        async with wrap(plain) as client:
            path, body = case["request"]["path"], case["request"]["body"]
            if not is_streamed(case):
                await client.post(path, body=body, cast_to=object)
                return
            kind = openai.AsyncStream[object]
            events = await client.post(
                path, body=body, cast_to=object, stream=True, stream_cls=kind
            )
            await read_events_async(case, provider, events)

    asyncio.run(run())


def by_anthropic(case: Case, provider: Provider, wrap: Callable[[Any], Any]) -> None:
    client = wrap(anthropic.Anthropic(base_url=provider.url, api_key="sk", max_retries=0))
    body = {"max_tokens": 100, **case["request"]["body"]}
    if not is_streamed(case):
        client.messages.create(**body)
        return
    read_events(case, provider, client.messages.create(**body))


def by_gemini(case: Case, provider: Provider, wrap: Callable[[Any], Any]) -> None:
    options = genai.types.HttpOptions(base_url=provider.url)
    client = wrap(genai.Client(api_key="sk", http_options=options))
    body = case["request"]["body"]
    model = case["request"]["path"].rpartition("/models/")[2].partition(":")[0]
    ask = {"model": model, "contents": body.get("contents", "")}
    if ":embed" in case["request"]["path"] or ":batchEmbed" in case["request"]["path"]:
        client.models.embed_content(**ask)
    elif is_streamed(case):
        read_events(case, provider, client.models.generate_content_stream(**ask))
    else:
        client.models.generate_content(**ask)


def by_httpx(case: Case, provider: Provider, wrap: Callable[[Any], Any]) -> None:
    """Of a provider whose client we do not have: its requests by hand."""
    client = wrap(httpx.Client(base_url=provider.url))
    path, body = case["request"]["path"], case["request"]["body"]
    with client.stream("POST", path, json=body) as response:
        wanted = events_seen(case) if "leftAfter" in case else None
        text = b""
        for chunk in response.iter_bytes():
            text += chunk
            if wanted is not None and text.count(b"\n\n") >= wanted:
                break
        provider.left.set()


CLIENTS: dict[str, list[Any]] = {
    "openai": [by_openai, by_openai_async, by_httpx],
    "anthropic": [by_anthropic, by_httpx],
    "gemini": [by_gemini, by_httpx],
}


def by_reader(case: Case, metering: Metering) -> None:
    request = case["request"]
    # Bedrock's are metered by its client's operations, and by no path.
    known = call_of("POST", request["path"], request["body"])
    call = known or Call("generate", "", request["body"])
    if "error" in case:
        return
    watch = Meter(metering.tollkeeper, "ada").watch(call)
    assert watch is not None
    if not is_streamed(case):
        watch.answered(case["answer"])
        return
    left = case.get("leftAfter", case.get("breaksAfter"))
    for number, chunk in enumerate(case["chunks"]):
        if number == left and not ("leftAfter" in case and watch.awaits_usage):
            break
        if isinstance(chunk, dict):
            watch.streamed(chunk)
    watch.ended(is_whole=left is None)


def expect(case: Case, metering: Metering) -> None:
    expected = case["expected"]
    events = metering.recorded()
    if expected["tokens"] is None:
        assert events == []
    else:
        [event] = events
        told = {name: count for name, count in event["tokens"].items() if count > 0}
        assert told == {name: count for name, count in expected["tokens"].items() if count > 0}
        assert (event["metadata"].get("estimated") == "true") is expected.get("estimated", False)
        assert {**event["metadata"], **expected.get("metadata", {})} == event["metadata"]
    codes = {error.code for error in metering.errors}
    assert codes == ({"meter_failed"} if expected.get("told") else set()), metering.errors


@pytest.mark.parametrize(("protocol", "case"), cases())
def test_an_answer_is_counted_as_it_is_to_be(
    protocol: str, case: Case, metering: Metering, provider: Provider
) -> None:
    for ask in CLIENTS.get(protocol, []):
        metering.forget()
        provider.play(case)
        # A stream that breaks off, or is refused, is an error of each client's own.
        refusals = (openai.OpenAIError, anthropic.AnthropicError, genai.errors.APIError)
        try:
            ask(
                case,
                provider,
                lambda client: meter(client, tollkeeper=metering.tollkeeper, customer="ada"),
            )
        except (*refusals, httpx.HTTPError, ValueError) as error:
            is_failing = "error" in case or "breaksAfter" in case or '"error"' in json.dumps(case)
            assert is_failing, repr(error)
        expect(case, metering)
    if protocol not in CLIENTS:
        by_reader(case, metering)
        expect(case, metering)
