"""Messages between a detection and its worker: a JSON header and bytes, over a socket. Knows Arrow's format, no rules.

The worker's end waits as long as it takes. The other end never does: it looks at the worker between two steps.
"""

from __future__ import annotations

import json
import select
import signal
import socket
import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import pyarrow as pa

# Commands to the worker, once it has loaded.
START: Final = b"s"  # comes with the socket of the new child; answered by its process id
END: Final = b"e"  # the child seems to have ended; answered by how
KILL: Final = b"k"  # end it at once; answered in the same way
ANSWER: Final = struct.Struct("<q")
STILL_RUNNING: Final = -(1 << 32)  # the child had not ended and was killed
TRACEBACK_SIGNAL: Final = signal.SIGUSR1  # a child that gets it writes where it is; needs no GIL
_SIZES: Final = struct.Struct("<qq")  # of the header and of the payload
_CHUNK: Final = 1 << 20
Buffer = bytes | bytearray | memoryview
# More is no message but what a rule wrote into a socket that it found.
MAX_HEADER: Final = 64 << 20
MAX_PAYLOAD: Final = 4 << 30
# What evaluating takes for each byte of a batch: the message, its text (up to four bytes a character), UTF-8 beside it, what is parsed.
MEMORY_OF_A_BYTE: Final = 8
LOOK_SECONDS: Final = 0.02


class Garbled(Exception):
    """What came is no message."""


def message(header: Mapping[str, Any], payload: Sequence[pa.Buffer] = ()) -> list[Buffer]:
    """The parts of a message."""
    text = json.dumps(header).encode()
    return [_SIZES.pack(len(text), sum(part.size for part in payload)) + text, *(memoryview(part) for part in payload)]


def send(connection: socket.socket, parts: Sequence[Buffer]) -> None:
    """Send a message. Waits."""
    for part in parts:
        connection.sendall(part)


def receive(connection: socket.socket) -> tuple[dict[str, Any], Buffer] | None:
    """The next message; None when the other end is closed. Waits."""
    sizes = _waited_for(connection, _SIZES.size)
    if sizes is None:
        return None
    header_size, payload_size = _sizes(sizes)
    header, payload = _waited_for(connection, header_size), _waited_for(connection, payload_size)
    return None if header is None or payload is None else (json.loads(header), payload)


def exchange(connection: socket.socket, request: Sequence[Buffer], look: Callable[[], None]) -> tuple[dict[str, Any], Buffer]:
    """Send a message and return the answer, with a `look` at the other end every 20 ms; `look` ends the wait by raising.

    Raises: EOFError: the other end is closed. Garbled.
    """
    for part in request:
        watched_send(connection, part, look)
    header_size, payload_size = _sizes(watched_receive(connection, _SIZES.size, look))
    header = watched_receive(connection, header_size, look)
    try:
        read = json.loads(header)
    except ValueError as error:
        raise Garbled("the answer's header is no JSON") from error
    if not isinstance(read, dict):
        raise Garbled("the answer's header is no object")
    return read, watched_receive(connection, payload_size, look)


def watched_send(connection: socket.socket, data: Buffer, look: Callable[[], None]) -> None:
    """Send all of `data`. Raises EOFError, and what `look` raises."""
    left = memoryview(data)
    while left:
        if _is_ready(connection, select.POLLOUT):
            try:
                left = left[connection.send(left[:_CHUNK], socket.MSG_DONTWAIT) :]
            except BlockingIOError:
                continue
            except OSError as error:
                raise EOFError from error
        else:
            look()


def watched_receive(connection: socket.socket, size: int, look: Callable[[], None]) -> Buffer:
    """So many bytes. Raises EOFError, and what `look` raises."""
    data = bytearray(size)
    left = memoryview(data)
    while left:
        if _is_ready(connection, select.POLLIN):
            try:
                received = connection.recv_into(left[:_CHUNK])
            except OSError as error:
                raise EOFError from error
            if not received:
                raise EOFError
            left = left[received:]
        else:
            look()
    return data


def packed(batches: Sequence[pa.RecordBatch | pa.Table]) -> list[pa.Buffer]:
    """Arrow data as one stream each."""
    streams = []
    for data in batches:
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, data.schema) as writer:
            writer.write(data)
        streams.append(sink.getvalue())
    return streams


def unpacked(sizes: Sequence[int], payload: Buffer) -> list[pa.Table]:
    """What `packed` was given, as tables, from the sizes of the streams and all bytes. Raises Garbled."""
    tables, start = [], 0
    try:
        for size in sizes:
            with pa.ipc.open_stream(pa.py_buffer(payload)[start : start + size]) as reader:
                tables.append(reader.read_all())
            start += size
    except (pa.ArrowException, OSError, TypeError) as error:
        raise Garbled(f"the answer is no Arrow stream: {error}") from error
    return tables


def _is_ready(connection: socket.socket, wanted: int) -> bool:
    poll = select.poll()
    poll.register(connection, wanted)
    return bool(poll.poll(LOOK_SECONDS * 1000))


def _waited_for(connection: socket.socket, size: int) -> Buffer | None:
    data = bytearray(size)
    left = memoryview(data)
    while left:
        received = connection.recv_into(left[:_CHUNK])
        if not received:
            return None
        left = left[received:]
    return data


def _sizes(data: Buffer) -> tuple[int, int]:
    header_size, payload_size = _SIZES.unpack(data)
    if not (0 < header_size <= MAX_HEADER and 0 <= payload_size <= MAX_PAYLOAD):
        raise Garbled("the answer is no message")
    return header_size, payload_size
