"""Tokens that have another price than text, among those of the pools: kept, so that they can be
found. The names are those of the TypeScript SDK."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .counts import Usage, whole_tokens

_PROMPT_DETAILS = ("prompt_tokens_details", "input_tokens_details", "input_token_details")
_ANSWER_DETAILS = ("completion_tokens_details", "output_tokens_details", "output_token_details")
_MODALITIES = ("audio", "image", "video")
_USUAL_TIERS = ("default", "standard", "auto", "on_demand")


def read_details(usage: Usage) -> dict[str, int]:
    in_prompt = [*map(usage.get, _PROMPT_DETAILS), _by_modality(usage, "prompt")]
    in_answer = [*map(usage.get, _ANSWER_DETAILS), _by_modality(usage, "candidates")]
    written = usage.get("cache_creation")
    counts = {
        **{f"{kind}Input": _told_of(in_prompt, kind) for kind in _MODALITIES},
        **{f"{kind}Output": _told_of(in_answer, kind) for kind in _MODALITIES},
        "audioCacheRead": _told_of(map(_cached_in, in_prompt), "audio"),
        "cacheWriteForAnHour": (
            written.get("ephemeral_1h_input_tokens") if isinstance(written, Mapping) else None
        ),
    }
    read = {name: whole_tokens(value) for name, value in counts.items()}
    return {name: tokens for name, tokens in read.items() if tokens}


def served_tier(answer: Usage, usage: object) -> str | None:
    """The tier that served the call, where it is not the usual one."""
    told = [answer.get("service_tier")]
    if isinstance(usage, Mapping):
        told.append(usage.get("service_tier"))
    tier = next((value for value in told if isinstance(value, str) and value), None)
    return None if tier in _USUAL_TIERS else tier


def _told_of(holders: Iterable[object], kind: str) -> Any:
    found = (each.get(f"{kind}_tokens") for each in holders if isinstance(each, Mapping))
    return next(filter(None, found), None)


def _cached_in(details: object) -> object:
    """Sessions tell what of the cache was sound."""
    return details.get("cached_tokens_details") if isinstance(details, Mapping) else None


def _by_modality(usage: Usage, side: str) -> dict[str, int] | None:
    """Gemini lists them, and may name one twice: `[{ "modality": "AUDIO", "tokenCount": 12 }]`."""
    listed = usage.get(f"{side}TokensDetails") or usage.get(f"{side}_tokens_details")
    if not isinstance(listed, list):
        return None
    sums: dict[str, int] = {}
    for each in listed:
        if isinstance(each, Mapping):
            name = f"{str(each.get('modality')).lower()}_tokens"
            tokens = whole_tokens(each.get("tokenCount", each.get("token_count")))
            sums[name] = sums.get(name, 0) + (tokens or 0)
    return sums
