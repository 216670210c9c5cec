"""The commands, by what they are for; each has help with an example."""

from livingreview.commands import book, living, results, versions

GROUPS = (book, results, living, versions)
