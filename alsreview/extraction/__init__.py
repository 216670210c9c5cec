"""Takes a record that was found to its decision: a folder for a trial, a reason for what is none."""

from alsreview.extraction.add import Added, Wish, add
from alsreview.extraction.lookup import plain_numbers
from alsreview.extraction.screen import Decision, screen, wish_of

__all__ = ["Added", "Decision", "Wish", "add", "plain_numbers", "screen", "wish_of"]
