"""The other side of the wire: a small but honest MOSIP server on this machine, with the identity provider in front of it.

It checks what the real services check and answers with their codes. Loopback only, one directory, no mock results.
"""

from sandbox.config import RealmSettings, SandboxConfig
from sandbox.server import Sandbox

__all__ = ["RealmSettings", "Sandbox", "SandboxConfig"]
