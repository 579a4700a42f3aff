"""Meters a client of boto3's `bedrock-runtime` by the events that botocore has for this:
`converse`, `converse_stream`, `invoke_model` and `invoke_model_with_response_stream`."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from typing import Any

from .call import Call
from .meter import Meter
from .watch import CallWatch

_ASKING = "before-parameter-build.bedrock-runtime"
_ANSWERED = "after-call.bedrock-runtime"
_WATCH = "tollkeeper"
_COUNTED = {
    "x-amzn-bedrock-input-token-count": "inputTokenCount",
    "x-amzn-bedrock-output-token-count": "outputTokenCount",
    "x-amzn-bedrock-cache-read-input-token-count": "cacheReadInputTokenCount",
    "x-amzn-bedrock-cache-write-input-token-count": "cacheWriteInputTokenCount",
}


def is_bedrock(client: object) -> bool:
    service = getattr(getattr(client, "meta", None), "service_model", None)
    return getattr(service, "service_name", None) == "bedrock-runtime"


def meter_bedrock(client: Any, meter: Meter) -> None:
    def ask(params: Any, model: Any, context: Any, **_: Any) -> None:
        if model.name in _READERS:
            context[_WATCH] = meter.watch(_call_of(model.name, params))

    def answer(http_response: Any, parsed: Any, model: Any, context: Any, **_: Any) -> None:
        watch = context.pop(_WATCH, None)
        if watch is not None and http_response.status_code < 300:
            _READERS[model.name](parsed, watch)

    for event, handler in ((_ASKING, ask), (_ANSWERED, answer)):
        # One that is metered again goes by the later word.
        client.meta.events.unregister(event, unique_id=f"{_WATCH}-{event}")
        client.meta.events.register(event, handler, unique_id=f"{_WATCH}-{event}")


def _call_of(operation: str, params: Mapping[str, Any]) -> Call:
    name = str(params.get("modelId", ""))
    body: Any = params
    if operation.startswith("InvokeModel"):
        sent = params.get("body")
        body = _parsed(sent) if isinstance(sent, str | bytes | bytearray) else {}
    is_embedding = "embed" in name.rpartition("/")[2]
    return Call("embeddings" if is_embedding else "generate", name, body)


def _read_converse(parsed: dict[str, Any], watch: CallWatch) -> None:
    watch.answered(
        {
            "id": _request_id(parsed),
            "usage": parsed.get("usage"),
            "output": parsed.get("output"),
            "service_tier": _tier_of(parsed),
        }
    )


def _read_converse_stream(parsed: dict[str, Any], watch: CallWatch) -> None:
    if "stream" in parsed:
        parsed["stream"] = _WatchedEvents(parsed["stream"], watch, _request_id(parsed))


def _read_invoke(parsed: dict[str, Any], watch: CallWatch) -> None:
    body = parsed["body"]
    text = body.read()
    parsed["body"] = type(body)(io.BytesIO(text), len(text))
    answer = _parsed(text)
    headers = parsed.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    counted = {name: headers[header] for header, name in _COUNTED.items() if header in headers}
    if counted and not isinstance(answer.get("usage"), Mapping):
        watch.told(counted)
    watch.answered({"id": _request_id(parsed), **answer})


def _read_invoke_stream(parsed: dict[str, Any], watch: CallWatch) -> None:
    if "body" in parsed:
        parsed["body"] = _WatchedEvents(parsed["body"], watch, _request_id(parsed))


_READERS = {
    "Converse": _read_converse,
    "ConverseStream": _read_converse_stream,
    "InvokeModel": _read_invoke,
    "InvokeModelWithResponseStream": _read_invoke_stream,
}


class _WatchedEvents:
    """botocore's stream of events, as the app has it."""

    def __init__(self, stream: Any, watch: CallWatch, request_id: str | None) -> None:
        self._stream = stream
        self._watch = watch
        self._request_id = request_id

    def __iter__(self) -> Iterator[Any]:
        watch = self._watch
        watch.streamed({"object": "stream", "id": self._request_id})
        events = iter(self._stream)
        try:
            for event in events:
                watch.streamed(_event_of(event))
                # Usage is in the next one, which an app that has seen the end may not come for.
                following = next(events, None) if "messageStop" in event else None
                if following is not None:
                    watch.streamed(_event_of(following))
                yield event
                if following is not None:
                    yield following
            watch.ended(is_whole=True)
        except BaseException:
            watch.ended(is_whole=False)
            raise

    def close(self) -> None:
        self._watch.ended(is_whole=False)
        self._stream.close()

    def __del__(self) -> None:
        self._watch.ended(is_whole=False)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _event_of(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """A model's own events are wrapped."""
    chunk = event.get("chunk")
    return _parsed(chunk.get("bytes", b"")) if isinstance(chunk, Mapping) else event


def _request_id(parsed: Mapping[str, Any]) -> str | None:
    found = parsed.get("ResponseMetadata", {}).get("RequestId")
    return found if isinstance(found, str) else None


def _tier_of(parsed: Mapping[str, Any]) -> Any:
    tier = parsed.get("serviceTier")
    return tier.get("type") if isinstance(tier, Mapping) else None


def _parsed(text: Any) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
