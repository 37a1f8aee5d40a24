"""HTTP/1.1 over threads: connections are kept, answers leave in one piece, and a connection can be cut on purpose."""

from __future__ import annotations

import socket
import struct
import sys
import threading
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

BODY_LIMIT = 40 << 20


@dataclass
class Incoming:
    """A request as it came in; `target` is the path with the query."""

    verb: str
    target: str
    headers: dict[str, str]  # by lower-case name
    body: bytes


@dataclass
class Outgoing:
    """An answer; `cut`: "reset" and "timeout" send nothing, "truncated" stops half-way."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    pieces: Iterable[bytes] | None = None  # sent in chunks, however many
    cut: str | None = None


class Server(ThreadingHTTPServer):
    """Answers with what a function says, until it is stopped."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, answer: Callable[[Incoming], Outgoing]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = answer
        self.errors: list[str] = []
        self.stopping = threading.Event()
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._accept, daemon=True)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends every connection: a client that still waits sees it closed."""
        self.stopping.set()
        socket.create_connection(("127.0.0.1", self.server_port)).close()  # wakes the thread that waits for one
        self._thread.join()
        with self._lock:
            for connection in self._open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue  # closed already
        self.server_close()
        if self.errors:
            raise RuntimeError("the test server failed:\n" + "\n".join(self.errors))

    def _accept(self) -> None:
        while True:
            request, client = self.get_request()
            if self.stopping.is_set():
                super().shutdown_request(request)
                return
            self.process_request(request, client)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news; anything else is told when the server stops."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            self.errors.append("".join(traceback.format_exception(error)))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > BODY_LIMIT:
            self._send(Outgoing(413))
            return
        body = self.rfile.read(length)
        headers = {name.lower(): value for name, value in self.headers.items()}
        self._send(self.server.answer(Incoming(self.command, self.path, headers, body)))

    do_POST = do_PATCH = do_PUT = do_DELETE = do_HEAD = do_GET  # noqa: N815

    def _send(self, answer: Outgoing) -> None:
        if answer.cut == "timeout":
            self._wait_for_client()
        if answer.cut in ("reset", "timeout"):
            self._reset()
            return
        headers = {"Content-Length": str(len(answer.body))} | answer.headers
        if answer.pieces is not None or answer.status in (204, 304):
            del headers["Content-Length"]
        if answer.pieces is not None:
            headers["Transfer-Encoding"] = "chunked"
        lines = [f"HTTP/1.1 {answer.status} {self.responses.get(answer.status, ('',))[0]}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
        if answer.cut == "truncated":
            self.wfile.write(head + answer.body[: len(answer.body) // 2])
            self.close_connection = True
            return
        self.wfile.write(head + answer.body)
        for piece in answer.pieces or ():
            self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        if answer.pieces is not None:
            self.wfile.write(b"0\r\n\r\n")

    def _wait_for_client(self) -> None:
        """Until the client hangs up, or the server stops."""
        self.connection.settimeout(0.05)
        while not self.server.stopping.is_set():
            try:
                if not self.connection.recv(1):
                    return
            except TimeoutError:
                continue
            except OSError:
                return

    def _reset(self) -> None:
        self.close_connection = True
        try:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
        except OSError:
            return

    def log_message(self, *_: Any) -> None:
        """The calls are kept by the server."""
