"""Dates as headers tell them."""

from __future__ import annotations

from datetime import datetime, timezone
from email.utils import parsedate_to_datetime


def moment(text: str) -> datetime | None:
    """Return the moment that a header tells, or None; what names no zone is UTC."""
    try:
        date = parsedate_to_datetime(text)
        return (date if date.tzinfo else date.replace(tzinfo=timezone.utc)).astimezone(timezone.utc)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
