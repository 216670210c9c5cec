"""Keep versions: cut and record them, build them again, cite them, and tell them apart."""

from livingreview.release.stamp import Stamp, stamp

__all__ = ["Stamp", "stamp"]
