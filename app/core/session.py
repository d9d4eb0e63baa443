"""Who is logged in."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Session:
    """A login that the identity provider confirmed and this machine has checked.

    Attributes:
        user_id: ``preferred_username``.
        subject: the provider's own id of the user; stays the same over renewals.
        display_name: for the window; the user id where the provider gives no name.
        roles: realm roles.
        access_token: the JWT; travels as the cookie ``Authorization``.
        expires_at: until when the server takes the access token.
        refresh_expires_at: until when it can be renewed without a password.
    """

    user_id: str
    subject: str = field(repr=False)
    display_name: str = field(repr=False)
    roles: frozenset[str]
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: datetime
    refresh_expires_at: datetime
