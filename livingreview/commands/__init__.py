"""The commands, by what they are for; each has help with an example."""

from livingreview.commands import book, instance, living, results, versions

GROUPS = (instance, book, results, living, versions)
