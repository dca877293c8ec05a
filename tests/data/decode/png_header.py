"""The beginning of a PNG file."""

from __future__ import annotations

import struct
import zlib


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds nothing."""
    return png(struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0), b"")


def png(header: bytes, content: bytes) -> bytes:
    def part(kind: bytes, content: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + checksum

    parts = part(b"IHDR", header), part(b"IDAT", content), part(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)
