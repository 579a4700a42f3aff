"""`python app.py TASK`: the app of `app.mjs` in Python, by the real clients, all of them metered."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from tollkeeper import Pace, Tollkeeper, meter

Call = dict[str, Any]

SCHEMA: dict[str, Any] = {"type": "object", "properties": {}}
WEATHER: dict[str, Any] = {"name": "weather", "description": "The weather of some city."}

task = json.loads(Path(sys.argv[1]).read_text())
journal = os.open(task["journal"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
waiting: SimpleQueue[Call] = SimpleQueue()


def note(*words: object) -> None:
    os.write(journal, (" ".join(map(str, words)).replace("\n", " ") + "\n").encode())


tollkeeper = Tollkeeper(
    task["tollkeeper"]["url"],
    task["tollkeeper"]["apiKey"],
    spool=task["tollkeeper"]["directory"],
    pace=Pace(retry_min=0.02, retry_max=0.2),
    on_error=lambda error: note("error", error.code),
)


def open_openai(url: str) -> Any:
    from openai import OpenAI

    return OpenAI(base_url=url, api_key="sk", max_retries=0)


def open_anthropic(url: str) -> Any:
    from anthropic import Anthropic

    return Anthropic(base_url=url, api_key="sk", max_retries=0)


def open_gemini(url: str) -> Any:
    from google import genai

    return genai.Client(api_key="sk", http_options={"base_url": url})


def open_bedrock(url: str) -> Any:
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
    models = client.models
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


CLIENTS: dict[str, tuple[Callable[[str], Any], Callable[..., Any], Callable[[Any], object]]] = {
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


@cache
def client_of(provider: str, customer: str) -> Any:
    client = CLIENTS[provider][0](task["upstreams"][provider]["url"])
    return meter(client, tollkeeper=tollkeeper, customer=customer)


def make(call: Call) -> None:
    _open, ask, is_word = CLIENTS[call["provider"]]
    client = client_of(call["provider"], call["customer"])
    text = f"call {call['number']} of life {task['life']} by {call['way']},"
    note("began", call["number"])
    answer = ask(client, call, text.ljust(call["characters"], "x"))
    if call["isStream"]:
        read(answer, call, is_word)
    note("finished", call["number"])


def read(events: Iterable[Any], call: Call, is_word: Callable[[Any], object]) -> None:
    words = 0
    for index, event in enumerate(events):
        if index == 0:
            note("heard", call["number"])
        words += bool(is_word(event))
        if call["kind"] == "aborted" and words == call["words"]:
            break
    events.close()  # type: ignore[attr-defined]


def work() -> None:
    while True:
        try:
            call = waiting.get_nowait()
        except Empty:
            return
        try:
            make(call)
        except Exception as error:
            note("failed", call["number"], repr(error))


for each in task["calls"]:
    waiting.put(each)
    # Clients are opened one after the other.
    client_of(each["provider"], each["customer"])
threads = [threading.Thread(target=work) for _ in range(task["atOnce"])]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
tollkeeper.flush(60)
tollkeeper.close()
