"""Begins the folder of a trial: what registries say of it, and stubs for what its report says."""

from alsreview.extraction.add import Added, Wish, add
from alsreview.extraction.lookup import plain_numbers

__all__ = ["Added", "Wish", "add", "plain_numbers"]
