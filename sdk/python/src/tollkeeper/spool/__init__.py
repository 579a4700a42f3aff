"""Where usage waits until the API has acknowledged it: docs/reference/spool-format.md."""

from .queue import Spool, SpoolOptions, WhenFull

__all__ = ["Spool", "SpoolOptions", "WhenFull"]
