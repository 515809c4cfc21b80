"""Checks a server over HTTP alone: whether it speaks the protocol of docs/protocol.md as any client may expect it."""
