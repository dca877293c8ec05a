"""Addresses of tracking servers."""

from __future__ import annotations

import socket


def dead_address() -> str:
    """Where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://user:secret@127.0.0.1:{probe.getsockname()[1]}"
