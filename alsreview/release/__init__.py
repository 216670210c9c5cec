"""Keeps versions: names them, says what one is, and what it said."""

from alsreview.release.stamp import Stamp, stamp
from alsreview.release.versions import Version, next_version, parse_version

__all__ = ["Stamp", "Version", "next_version", "parse_version", "stamp"]
