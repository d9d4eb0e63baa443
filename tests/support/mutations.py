"""Single changes to a good packet, each with the check that must find it.

A mutation changes one thing and lets everything outside be sealed again around it (hashes, signatures, encryption), so that
nothing but the named check, and what depends on it, can fail. Mutations work on any good NEW packet that has a document
``proofOfIdentity``, biometrics with ``leftIndex`` first and ``face``, and one officer with a password.
"""

from __future__ import annotations

from tests.support import mutations_captures, mutations_content, mutations_outside

MUTATIONS = (*mutations_outside.MUTATIONS, *mutations_content.MUTATIONS, *mutations_captures.MUTATIONS)
