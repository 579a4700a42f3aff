"""Finds out, from what passes by, what one call used; settles once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import OnError, TollkeeperError
from ..estimate import answer_characters, answered_characters, text_length
from ..event import Tokens
from ..find_usage import usage_in
from ..usage import ToldUsage
from ..usage_details import served_tier
from .answer_events import Failure, ends_text, failure_of, is_last, is_only_usage
from .call import Call
from .conclude import Evidence, conclude_usage
from .text_piece import text_piece

Answer = Mapping[str, Any]


@dataclass
class CallFacts:
    """Who answered a call, and when: as the provider says it."""

    id: str | None = None
    """The provider's id of the response; None where it has none."""
    model: str | None = None
    """The provider names what answered so."""
    created_at: float | None = None
    """Unix seconds of the provider."""
    tier: str | None = None
    """The tier that served it, where it is not the usual one."""
    request_id: str | None = None
    """The provider's id of the request: embeddings have no other."""
    proxied_id: str | None = None
    """Our proxy has answered, and records the call by this id."""

    def know(self, piece: Answer) -> bool:
        """A piece of text says nothing of whoever answers that was not said before."""
        has_time = self.created_at is not None or "created" not in piece
        return "type" in piece or bool(self.id and self.model and has_time)

    def note(self, event: Answer) -> None:
        holders = (event.get("response"), event.get("message"))
        inner = next((each for each in holders if isinstance(each, Mapping)), None)
        # The id of an item or of a chunk of audio is none of the response.
        is_item = isinstance(event.get("type"), str) and event.get("object") is None
        if inner is not None and is_item:
            self._take(inner)
        elif not is_item or event.get("type") == "message":
            self._take(event)

    def _take(self, answer: Answer) -> None:
        self.id = self.id or _text(answer.get("id") or answer.get("responseId"))
        self.model = self.model or _text(answer.get("model") or answer.get("modelVersion"))
        created = answer.get("created", answer.get("created_at"))
        # Azure's first chunk has 0.
        if isinstance(created, int | float) and created > 0:
            self.created_at = self.created_at or created
        self.tier = served_tier(answer, answer.get("usage")) or self.tier


@dataclass(frozen=True)
class CallUsage:
    facts: CallFacts
    tokens: Tokens
    is_estimated: bool = False
    details: Mapping[str, int] = field(default_factory=dict)
    is_background: bool = False
    """Whoever looks it up knows it by the provider's id only."""


class CallWatch:
    """One of the ends comes first, from whichever thread: the rest is not heard any more."""

    def __init__(self, call: Call, settle: Callable[[CallUsage], None], on_error: OnError) -> None:
        self.call = call
        self.facts = CallFacts()
        self._settle = settle
        self._on_error = on_error
        self._told = ToldUsage()
        self._characters = 0
        self._is_settled = False
        self._settling = threading.Lock()
        self._is_text_over = False
        self._is_typed = False
        # What was told last was told after the text.
        self._is_final = False
        self._failure: Failure | None = None
        # It goes on at the provider after we hang up, and is metered when it is looked up.
        self._is_background = call.body.get("background") is True

    @property
    def awaits_usage(self) -> bool:
        """The text is over and its usage was not told yet: it comes in a moment, if it comes."""
        is_over = self._is_text_over and self._failure is None
        return is_over and not self._is_final and not self._is_settled

    @property
    def has_text(self) -> bool:
        return self._characters > 0

    @property
    def holds_end(self) -> bool:
        """What was told last is the end to an app, and usage comes after it. Events that have a
        type bring it with the last of them."""
        return self.awaits_usage and not self._is_typed

    def answered(self, body: Answer) -> None:
        """A plain answer, whole."""
        self._note(body)
        self._failure = failure_of(body)
        self._characters = answer_characters(body)
        if not self._is_background or self._told.is_any():
            self.ended(is_whole=True)

    def streamed(self, event: Answer) -> bool:
        """One event of a stream. Returns whether it is only about usage."""
        piece = text_piece(event)
        if piece is not None and self.facts.know(event):
            self._arrived(text_length(piece.text))
            if piece.usage is not None:
                self._told.add(piece.usage)
            return False
        self._failure = failure_of(event) or self._failure
        self._arrived(answered_characters(event))
        if ends_text(event):
            self._is_text_over = True
            self._is_typed = isinstance(event.get("type"), str)
        self._note(event)
        is_usage = is_only_usage(event)
        is_last_event = is_last(event) and self.call.endpoint != "images"
        if (self._is_final if is_usage else is_last_event) and self._told.is_any():
            self.ended(is_whole=True)
        # Who leaves here has seen all of it, though no text was said to be the last.
        if is_usage and self._told.is_any():
            self._is_text_over = self._is_final = True
        return is_usage

    def told(self, usage: Answer) -> None:
        """What is told beside the answer, as in its headers."""
        self._told.add(usage)

    def ended(self, *, is_whole: bool) -> None:
        """The stream came to its end, or did not."""
        with self._settling:
            if self._is_settled:
                return
            self._is_settled = True
        if self.call.is_lookup and not self._is_background:
            return
        conclusion = conclude_usage(
            self.call,
            Evidence(
                reading=self._told.reading,
                characters=self._characters,
                failure=self._failure,
                is_whole=is_whole or self._is_final,
                is_estimable=not self._is_background and not self.call.is_lookup,
            ),
        )
        if conclusion.tokens is not None:
            self.facts.tier = served_tier({}, self._told.usage) or self.facts.tier
            self._settle(
                CallUsage(
                    self.facts,
                    conclusion.tokens,
                    conclusion.is_estimated,
                    conclusion.details,
                    self._is_background,
                )
            )
        if conclusion.faults:
            about = f"A call of {self.call.model or 'a model'} ({self.call.endpoint}"
            message = f"{about}, {self.facts.id}): {'; '.join(conclusion.faults)}."
            self._on_error(TollkeeperError("meter_failed", message))

    def _arrived(self, characters: int) -> None:
        self._characters += characters
        if characters > 0:
            self._is_text_over = self._is_final = False

    def _note(self, event: Answer) -> None:
        self.facts.note(event)
        response = event.get("response")
        holder = response if isinstance(response, Mapping) else event
        if holder.get("background") is True:
            self._is_background = True
        usage = usage_in(event)
        if usage is not None:
            self._told.add(usage)
            self._is_final = self._is_text_over and self._told.is_any()


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
