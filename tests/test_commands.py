"""Every command has help with an example, and wrong usage exits with 2."""

import re

import pytest

from livingreview.__main__ import main
from livingreview.book import server


def left(words: list[str]) -> int:
    with pytest.raises(SystemExit) as stopped:
        main(words)
    return stopped.value.code


def test_every_command_has_help_with_an_example(capsys):
    assert left(["--help"]) == 0
    commands = re.findall(r"^    (\w+) ", capsys.readouterr().out, re.MULTILINE)
    assert {"new", "check", "build", "add", "search", "release", "verify"} <= set(commands)
    for command in commands:
        assert left([command, "--help"]) == 0
        assert f"Example: python -m livingreview {command}" in capsys.readouterr().out


@pytest.mark.parametrize("words", ["", "chekc", "serve --port 99999", "add x2000 --from-csv no.csv"])
def test_wrong_usage_exits_with_two(words, capsys):
    assert left(words.split()) == 2
    assert "usage:" in capsys.readouterr().err


def test_a_port_in_use_is_refused_with_a_way_out(tmp_path):
    with server(tmp_path, 0) as running, pytest.raises(ValueError, match="make serve PORT="):
        server(tmp_path, running.server_port)
