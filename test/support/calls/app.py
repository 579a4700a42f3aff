"""`python app.py TASK`: the app of `app.mjs` in Python, by the real clients, all of them metered.
Some calls are made in threads, and some in an event loop."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from tollkeeper import Pace, Tollkeeper, meter

Call = dict[str, Any]

SCHEMA: dict[str, Any] = {"type": "object", "properties": {}}
WEATHER: dict[str, Any] = {"name": "weather", "description": "The weather of some city."}

task = json.loads(Path(sys.argv[1]).read_text())
journal = os.open(task["journal"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
waiting: SimpleQueue[Call | None] = SimpleQueue()
"""None for each thread ends it."""


def note(*words: object) -> None:
    os.write(journal, (" ".join(map(str, words)).replace("\n", " ") + "\n").encode())


tollkeeper = Tollkeeper(
    task["tollkeeper"]["url"],
    task["tollkeeper"]["apiKey"],
    spool=task["tollkeeper"]["directory"],
    pace=Pace(retry_min=0.02, retry_max=0.2),
    on_error=lambda error: note("error", error.code),
)


def open_openai(url: str, is_async: bool) -> Any:
    import openai

    kind = openai.AsyncOpenAI if is_async else openai.OpenAI
    return kind(base_url=url, api_key="sk", max_retries=0)


def open_anthropic(url: str, is_async: bool) -> Any:
    import anthropic

    kind = anthropic.AsyncAnthropic if is_async else anthropic.Anthropic
    return kind(base_url=url, api_key="sk", max_retries=0)


def open_gemini(url: str, _is_async: bool) -> Any:
    from google import genai

    return genai.Client(api_key="sk", http_options={"base_url": url})


def open_bedrock(url: str, _is_async: bool) -> Any:
    import boto3
    from botocore.config import Config

    return boto3.client(
        "bedrock-runtime",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="made",
        aws_secret_access_key="up",
        config=Config(retries={"total_max_attempts": 1}, max_pool_connections=50),
    )


def ask_chat(client: Any, call: Call, text: str) -> Any:
    tools = [{"type": "function", "function": {**WEATHER, "parameters": SCHEMA}}]
    return client.chat.completions.create(
        model=call["model"],
        messages=[{"role": "user", "content": text}],
        **({"tools": tools} if call["kind"] == "tools" else {}),
        **({"stream": True} if call["isStream"] else {}),
    )


def ask_responses(client: Any, call: Call, text: str) -> Any:
    tools = [{"type": "function", **WEATHER, "parameters": SCHEMA, "strict": False}]
    return client.responses.create(
        model=call["model"],
        input=text,
        **({"tools": tools} if call["kind"] == "tools" else {}),
        **({"stream": True} if call["isStream"] else {}),
    )


def ask_messages(client: Any, call: Call, text: str) -> Any:
    return client.messages.create(
        model=call["model"],
        max_tokens=4096,
        messages=[{"role": "user", "content": text}],
        **({"tools": [{**WEATHER, "input_schema": SCHEMA}]} if call["kind"] == "tools" else {}),
        **({"stream": True} if call["isStream"] else {}),
    )


def ask_gemini(client: Any, call: Call, text: str) -> Any:
    declared = {"function_declarations": [{**WEATHER, "parameters_json_schema": SCHEMA}]}
    config = {"tools": [declared]} if call["kind"] == "tools" else {}
    models = client.aio.models if is_async(call) else client.models
    ask = models.generate_content_stream if call["isStream"] else models.generate_content
    return ask(model=call["model"], contents=text, config=config)


def ask_bedrock(client: Any, call: Call, text: str) -> Any:
    tool = {"toolSpec": {**WEATHER, "inputSchema": {"json": SCHEMA}}}
    request: dict[str, Any] = {
        "modelId": call["model"],
        "messages": [{"role": "user", "content": [{"text": text}]}],
        **({"toolConfig": {"tools": [tool]}} if call["kind"] == "tools" else {}),
    }
    if call["isStream"]:
        return client.converse_stream(**request)["stream"]
    return client.converse(**request)


def said(event: Any) -> object:
    return event.choices[0].delta.content if event.choices else None


Provider = tuple[Callable[[str, bool], Any], Callable[..., Any], Callable[[Any], object]]
CLIENTS: dict[str, Provider] = {
    "chat": (open_openai, ask_chat, said),
    "compatible": (open_openai, ask_chat, said),
    "responses": (
        open_openai,
        ask_responses,
        lambda event: event.type == "response.output_text.delta",
    ),
    "messages": (open_anthropic, ask_messages, lambda event: event.type == "content_block_delta"),
    "gemini": (open_gemini, ask_gemini, lambda event: event.candidates[0].content.parts[0].text),
    "bedrock": (open_bedrock, ask_bedrock, lambda event: "contentBlockDelta" in event),
}


def is_async(call: Call) -> bool:
    """boto3 is not."""
    return bool(call["isSignalled"]) and call["provider"] != "bedrock"


@cache
def client_of(provider: str, customer: str, is_async: bool) -> Any:
    client = CLIENTS[provider][0](task["upstreams"][provider]["url"], is_async)
    return meter(client, tollkeeper=tollkeeper, customer=customer)


def asked(call: Call) -> Any:
    client = client_of(call["provider"], call["customer"], is_async(call))
    text = f"call {call['number']} of life {task['life']} by {call['way']},"
    note("began", call["number"])
    return CLIENTS[call["provider"]][1](client, call, text.ljust(call["characters"], "x"))


class Reading:
    """What the app has seen of a stream."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._words = 0
        self._is_heard = False

    def is_enough(self, event: Any) -> bool:
        if not self._is_heard:
            note("heard", self._call["number"])
        self._is_heard = True
        self._words += bool(CLIENTS[self._call["provider"]][2](event))
        return self._call["kind"] == "aborted" and self._words == self._call["words"]


def make(call: Call) -> None:
    answer = asked(call)
    if call["isStream"]:
        reading = Reading(call)
        for event in answer:
            if reading.is_enough(event):
                break
        answer.close()
    note("finished", call["number"])


async def make_async(call: Call) -> None:
    answer = await asked(call)
    if call["isStream"]:
        reading = Reading(call)
        async for event in answer:
            if reading.is_enough(event):
                break
        await (answer.aclose if hasattr(answer, "aclose") else answer.close)()
        # Gemini's client leaves its inner generators to the event loop: a turn makes a task of one,
        # the next closes it. The call is not left before.
        for _turn in range(8):
            await asyncio.sleep(0)
    note("finished", call["number"])


def work() -> None:
    while call := waiting.get():
        try:
            make(call)
        except Exception as error:
            note("failed", call["number"], repr(error))


async def work_async(calls: list[Call]) -> None:
    async def one_after_another() -> None:
        while calls:
            call = calls.pop(0)
            try:
                await make_async(call)
            except Exception as error:
                note("failed", call["number"], repr(error))

    await asyncio.gather(*(one_after_another() for _ in range(at_once)))


at_once = task["atOnce"] // 2
for each in task["calls"]:
    # Clients are opened one after the other.
    client_of(each["provider"], each["customer"], is_async(each))
    if not is_async(each):
        waiting.put(each)
threads = [threading.Thread(target=work) for _ in range(at_once)]
for thread in threads:
    waiting.put(None)
    thread.start()
asyncio.run(work_async([each for each in task["calls"] if is_async(each)]))
for thread in threads:
    thread.join()
tollkeeper.flush(60)
tollkeeper.close()
