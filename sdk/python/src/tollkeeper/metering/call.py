"""One request of a model as it leaves the app: which endpoint, which model, what was asked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote


@dataclass(frozen=True)
class Call:
    endpoint: str
    model: str
    """The request asks for it; it is empty if the request names none, or runs in the background."""
    body: Mapping[str, Any] = field(default_factory=dict)
    """The request's JSON; empty for uploads."""
    is_lookup: bool = False
    """A response that exists is read again: it counts if it was made in the background."""

    @property
    def is_counted_by_tokens(self) -> bool:
        """Sound and pictures have other prices, and answers without tokens."""
        return self.endpoint not in ("audio", "images")


_POSTED = (
    (re.compile(r"/chat/completions$"), "chat"),
    (re.compile(r"/responses(/compact)?$"), "responses"),
    (re.compile(r"/completions$"), "completions"),
    (re.compile(r"/embeddings$"), "embeddings"),
    (re.compile(r"/audio/(transcriptions|translations|speech)$"), "audio"),
    (re.compile(r"/images/(generations|edits)$"), "images"),
    # Anthropic's own, its models at Google, and those at Amazon. A thread of an assistant has
    # messages too, and they call no model.
    (re.compile(r"^(?!.*/threads/).*/messages$"), "messages"),
    (
        re.compile(
            r"/publishers/anthropic/models/(?P<model>[^/:]+):(rawPredict|streamRawPredict)$"
        ),
        "messages",
    ),
    (re.compile(r"/model/(?P<model>[^/]+)/(invoke|invoke-with-response-stream)$"), "messages"),
    (re.compile(r"/model/(?P<model>[^/]+)/(converse|converse-stream)$"), "generate"),
    (re.compile(r"/models/(?P<model>[^/:]+):(generateContent|streamGenerateContent)$"), "generate"),
    (re.compile(r"/models/(?P<model>[^/:]+):(embedContent|batchEmbedContents)$"), "embeddings"),
    (re.compile(r"/api/(chat|generate)$"), "generate"),
    (re.compile(r"/api/embed$"), "embeddings"),
)
# A response that was made in the background is asked for later, and has its usage then.
_LOOKED_UP = re.compile(r"/responses/[^/]+$")
# Azure names the deployment in the path.
_DEPLOYMENT = re.compile(r"/deployments/(?P<model>[^/]+)/")


def call_of(method: str, path: str, body: Mapping[str, Any], uploaded: str = "") -> Call | None:
    """None means that nothing is paid for by tokens. `uploaded`: the model that a form names."""
    if method == "GET" and _LOOKED_UP.search(path):
        return Call("responses", "", body, is_lookup=True)
    if method != "POST":
        return None
    for pattern, endpoint in _POSTED:
        if found := pattern.search(path):
            return Call(endpoint, _model_of(path, body, found, uploaded), body)
    return None


def _model_of(path: str, body: Mapping[str, Any], found: re.Match[str], uploaded: str) -> str:
    # A call in the background goes by the reported model: nothing else is known when it is looked
    # up.
    if body.get("background") is True:
        return ""
    asked = uploaded or body.get("model")
    if isinstance(asked, str) and asked:
        return asked
    named = found if "model" in found.re.groupindex else _DEPLOYMENT.search(path)
    return unquote(named["model"]) if named else ""
