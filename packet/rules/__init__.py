"""What a packet's decoded content must satisfy: the rules that the builder lints with and the verifier judges by.

The rules look at decoded values only, never at bytes: the builder fills `PlainContent` from what it holds in memory, the
verifier from what it has parsed with its own code.
"""
