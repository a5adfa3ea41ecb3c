"""Runs the application on a socket, with the limits of its connections."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys

import uvicorn

from rag_infer.serve.app import create_app
from rag_infer.serve.config import ServerConfig
from rag_infer.serve.connections import close_timed_out, guarded_protocol
from rag_infer.serve.logs import configure_logging

SHUTDOWN_TIMEOUT_S = 20
# Threads that compute hold the interpreter for this long before another one gets it: the default
# of 5 ms adds up where several do and the event loop has many short steps.
SWITCH_INTERVAL_S = 0.001


def run(config: ServerConfig, listener: socket.socket) -> None:
    """Serves until the process is told to stop.

    Args:
        config: What is served.
        listener: A bound socket.

    Raises:
        RagError: An index cannot be opened.
    """
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    configure_logging()
    protocol = guarded_protocol(config.limits)
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(config),
            http=protocol,
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_keep_alive=config.limits.idle_timeout_s,
            timeout_graceful_shutdown=SHUTDOWN_TIMEOUT_S,
        )
    )

    async def serve() -> None:
        watcher = asyncio.create_task(close_timed_out(protocol))
        try:
            await server.serve(sockets=[listener])
        finally:
            watcher.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watcher

    loop_factory = server.config.get_loop_factory()
    with (
        contextlib.suppress(KeyboardInterrupt),
        asyncio.Runner(loop_factory=loop_factory) as runner,
    ):
        runner.run(serve())
