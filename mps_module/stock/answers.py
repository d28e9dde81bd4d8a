"""How a phone's action can end other than done."""

from __future__ import annotations

from typing import Any


class Unbooked(Exception):
    """An action that was not booked.

    Attributes:
        code: for the phone's code. message: for the technician. result: values with which the phone can offer a way out.
    """

    status = ""

    def __init__(self, code: str, message: str, result: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.result = code, message, result or {}


class Conflict(Unbooked):
    """The world has changed since the technician acted: to be resolved by a new action."""

    status = "Conflict"


class Refused(Unbooked):
    """It can never work as it was sent: not the user's trunk, an unknown item, a broken payload."""

    status = "Refused"
