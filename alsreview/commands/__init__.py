"""The commands, by what they are for; each has help with an example."""

from alsreview.commands import book, living, results, versions

GROUPS = (book, results, living, versions)
