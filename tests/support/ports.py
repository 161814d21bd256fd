"""Ports of the loopback interface for servers that tests and benchmarks start."""

import contextlib
import socket


def free_port() -> int:
    """Find a port that is free."""
    return free_ports(1)[0]


def free_ports(count: int) -> list[int]:
    """Find several ports that are free, no two the same."""
    with contextlib.ExitStack() as opened:
        listeners = [opened.enter_context(socket.socket()) for _ in range(count)]
        for listener in listeners:
            listener.bind(("127.0.0.1", 0))
        return [listener.getsockname()[1] for listener in listeners]
