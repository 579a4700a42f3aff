"""Tollkeeper for Python: record what customers use, durably, and ask what they may."""

from .access import Access, AccessReason
from .client import Tollkeeper
from .customers import current_customer, customer, set_customer
from .errors import ErrorCode, OnError, Rejection, TollkeeperError
from .event import Tokens, UsageEvent
from .metering import CUSTOMER_HEADER, Call, default_tollkeeper, meter
from .sender import Pace
from .spool import SpoolOptions, WhenFull

__all__ = [
    "CUSTOMER_HEADER",
    "Access",
    "AccessReason",
    "Call",
    "ErrorCode",
    "OnError",
    "Pace",
    "Rejection",
    "SpoolOptions",
    "Tokens",
    "Tollkeeper",
    "TollkeeperError",
    "UsageEvent",
    "WhenFull",
    "current_customer",
    "customer",
    "default_tollkeeper",
    "meter",
    "set_customer",
]
