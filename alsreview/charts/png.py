"""Turns a drawn chart into a picture of points, for places that take no SVG."""

import zlib

import vl_convert

from alsreview.charts.theme import register_fonts

SCALE = 2  # points per px: sharp in a slide or a document
_START = b"\x89PNG\r\n\x1a\n"


def draw_png(svg: str) -> bytes:
    """Draw an SVG as PNG with the fonts of the book; equal pictures give equal bytes."""
    register_fonts()
    return packed(vl_convert.svg_to_png(svg, scale=SCALE))


def packed(png: bytes) -> bytes:
    """Compress a PNG as far as it goes: vl-convert writes fast and three times as large."""
    chunks, points, place = [], b"", len(_START)
    while place < len(png):
        length = int.from_bytes(png[place : place + 4])
        kind, body = png[place + 4 : place + 8], png[place + 8 : place + 8 + length]
        points += body if kind == b"IDAT" else b""
        chunks += [] if kind == b"IDAT" else [(kind, body)]
        place += 12 + length
    *head, end = chunks
    shorter = (b"IDAT", zlib.compress(zlib.decompress(points), 9))
    return _START + b"".join(_chunk(*each) for each in (*head, shorter, end))


def _chunk(kind: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4) + kind + body + zlib.crc32(kind + body).to_bytes(4)
