"""The registration processor's front: RID sync, packet receiver, status, and the worker that stores and judges packets."""
