"""The workflows have no known weakness, and a search becomes a pull request."""

import subprocess
import sys
from pathlib import Path

from made_up import ROOT, begin, fake_gh, git


def test_zizmor_finds_nothing_even_when_pedantic():
    zizmor = Path(sys.executable).with_name("zizmor")
    words = [zizmor, "--offline", "--no-progress", "--persona=pedantic", ROOT / ".github"]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0 and "No findings" in done.stdout + done.stderr, done.stdout + done.stderr


def test_a_search_becomes_a_pull_request_and_the_next_one_adds_to_it(tmp_path, monkeypatch):
    clone, hub = tmp_path / "clone", fake_gh(tmp_path / "hub", monkeypatch)
    asked = hub / "asked"
    (clone / "data").mkdir(parents=True)
    for name in ("searches", "candidates"):
        (clone / f"data/{name}.csv").write_text("head\n")
    begin(clone)
    git(tmp_path, "init", "-q", "--bare", "-b", "main", "origin.git")
    git(clone, "remote", "add", "origin", str(tmp_path / "origin.git"))
    git(clone, "push", "-q", "origin", "main")

    def record(word):
        done = subprocess.run(["bash", ROOT / ".ci/record", word], cwd=clone, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def search(line):
        git(clone, "checkout", "-q", "--detach", "origin/main")
        record("begin")
        with (clone / "data/searches.csv").open("a") as table:
            table.write(line)
        record("end")
        return git(clone, "ls-remote", "origin", "searches").split()[0]

    first = search("one\n")
    assert "pr create" in asked.read_text()
    second = search("two\n")
    assert git(clone, "show", f"{second}:data/searches.csv") == "head\none\ntwo"
    assert git(clone, "merge-base", first, second) == first
    assert "workflow run test.yml" in asked.read_text()
    record("begin")
    assert "wrote nothing" in record("end")
    # The branch of a pull request that is done starts anew.
    (hub / "open").unlink()
    assert git(clone, "show", f"{search('three' + chr(10))}:data/searches.csv") == "head\nthree"
