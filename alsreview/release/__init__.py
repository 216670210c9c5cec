"""Keeps versions: names them, cuts them, says what each said, and whether a byte of one has changed."""

from alsreview.release.copy import Tools
from alsreview.release.cut import release
from alsreview.release.stamp import Stamp, stamp
from alsreview.release.verify import Verdict, verify
from alsreview.release.versions import Version, next_version, parse_version

__all__ = [
    "Stamp",
    "Tools",
    "Verdict",
    "Version",
    "next_version",
    "parse_version",
    "release",
    "stamp",
    "verify",
]
