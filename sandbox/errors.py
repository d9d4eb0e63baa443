"""What can go wrong in the sandbox. Codes that travel to a client are in `sandbox.codes`."""

from __future__ import annotations

from packet.errors import CodedError, UnusableInputError


class SandboxError(CodedError):
    """Root of the sandbox's errors."""

    code = "SANDBOX-ERROR"


class DirectoryBusyError(SandboxError):
    """Another sandbox runs in the directory."""

    code = "SANDBOX-DIRECTORY-BUSY"
    sentence = "Another sandbox is running in {directory}."
    next_step = "Stop it, or give this one a directory of its own."


class DirectoryForeignError(SandboxError, UnusableInputError):
    """A directory that holds other things; making it private and writing into it would be a surprise."""

    code = "SANDBOX-DIRECTORY-FOREIGN"
    sentence = "The directory {directory} holds files that are not a sandbox's."
    next_step = "Give an empty or a new directory."


class DirectoryUnusableError(SandboxError, UnusableInputError):
    """The directory cannot be made or written."""

    code = "SANDBOX-DIRECTORY-UNUSABLE"
    sentence = "The directory {directory} cannot be used: {why}."
    next_step = "Give a directory that this user may write."


class PortTakenError(SandboxError):
    """The loopback port is not free."""

    code = "SANDBOX-PORT"
    sentence = "Port {port} on 127.0.0.1 cannot be used: {why}."
    next_step = "Choose another port, or 0 for a free one."


class StateDamagedError(SandboxError):
    """A file of the sandbox's directory is not what the sandbox wrote."""

    code = "SANDBOX-STATE"
    sentence = "The file {file} of the sandbox is damaged: {why}."
    next_step = "Delete the sandbox's directory and start anew; register the machines again."


class IdSchemaUnusableError(SandboxError, UnusableInputError):
    """The ID schema to publish is no ID schema."""

    code = "SANDBOX-ID-SCHEMA"
    sentence = "The ID schema {name} cannot be published: {why}."
    next_step = "Give a JSON Schema with properties.identity.properties."


class UserUnknownError(SandboxError, UnusableInputError):
    """A password was given for nobody."""

    code = "SANDBOX-USER"
    sentence = "The realm has no user {username}."
    next_step = "Give passwords for users of users.json only; officer1, supervisor1 and globaladmin are always there."


class PasswordWeakError(SandboxError, UnusableInputError):
    """A password that the realm's policy refuses."""

    code = "SANDBOX-PASSWORD"
    sentence = "The password for {username} has fewer than {minimum} characters."
    next_step = "Give a longer one, or none: then one is made."
