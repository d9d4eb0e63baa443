"""Errors of logging in through the identity provider, and of tokens."""

from __future__ import annotations

from app.core.errors import AppError, ServerUnavailableError


class LoginError(AppError):
    """Root of the login's errors."""

    code = "LOGIN-ERROR"


class WrongPasswordError(LoginError):
    """The provider refuses user name and password, and does not say which; nor whether it has locked the user."""

    code = "LOGIN-WRONG-PASSWORD"
    sentence = "User name or password is wrong."
    next_step = "Type both again. After five failures the user is locked for some minutes, even for the right password."


class AccountLockedError(LoginError):
    """The provider says that the user may not log in now."""

    code = "LOGIN-LOCKED"
    sentence = "The user is disabled or locked."
    next_step = "Wait some minutes if there were failed logins; otherwise ask the administrator to enable the user."


class AccountIncompleteError(LoginError):
    """The user must do something at the provider first (new password, terms, profile)."""

    code = "LOGIN-INCOMPLETE"
    sentence = "The user's account is not fully set up at the login service."
    next_step = "Log in once on the login service's own page and finish what it asks for; then log in here."


class LoginClientRefusedError(LoginError):
    """The provider does not know this client, or does not allow it to log in by password."""

    code = "LOGIN-CLIENT"
    sentence = "The login service does not allow the client {client_id} to log in this way ({reason})."
    next_step = "Ask the administrator to set up the public client with direct access grants."


class LoginUnreachableError(LoginError, ServerUnavailableError):
    """No connection to the provider."""

    code = "LOGIN-UNREACHABLE"
    sentence = "The login service {issuer} cannot be reached."
    next_step = "Check the network and the configured issuer; users who logged in here before can work offline."


class LoginAnswerError(LoginError):
    """The provider's answer is not one of the protocol."""

    code = "LOGIN-ANSWER"
    sentence = "The login service {issuer} answered in a way that cannot be read: {why}."
    next_step = "Check the configured issuer; it must be a Keycloak realm."


class SessionEndedError(LoginError):
    """The session cannot be renewed any more."""

    code = "LOGIN-SESSION-ENDED"
    sentence = "The login has ended and cannot be renewed."
    next_step = "Log in again with the password."


class TokenInvalidError(LoginError):
    """A token that is not what it must be."""

    code = "TOKEN-INVALID"
    sentence = "The login service's token is not valid: {why}."
    next_step = "Log in again; if it stays, check that the configured issuer is the right one."


class TokenExpiredError(LoginError):
    """A token of yesterday."""

    code = "TOKEN-EXPIRED"
    sentence = "The login service's token has expired, or this machine's clock is wrong."
    next_step = "Check this machine's clock, then log in again."


class TokenNotYetValidError(LoginError):
    """A token of tomorrow."""

    code = "TOKEN-NOT-YET-VALID"
    sentence = "The login service's token is not valid yet, or this machine's clock is wrong."
    next_step = "Check this machine's clock, then log in again."


class TokenForeignError(LoginError):
    """A token of another issuer."""

    code = "TOKEN-FOREIGN"
    sentence = "The token was not issued by {issuer}."
    next_step = "Check the configured issuer. If it is right, do not log in on this network."


class TokenAudienceError(LoginError):
    """A token that MOSIP's services would refuse."""

    code = "TOKEN-AUDIENCE"
    sentence = "The token is not meant for this country's registration services."
    next_step = "Ask the administrator to add the registration services' audience to the client at the login service."


class TokenUserError(LoginError):
    """A token of another user than the one who logged in."""

    code = "TOKEN-USER"
    sentence = "The login service's token is for another user."
    next_step = "Log in again; if it stays, report it to the administrator of the login service."
