"""Two builds of one commit are the same to the byte, wherever, whenever and over whatever they are made."""

import subprocess

import pytest

from alsreview.book.reproducible import differences, rebuild


def folder(place, **files):
    for name, text in files.items():
        path = place / name.replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return place


def test_an_added_a_missing_and_a_changed_file_are_each_named(tmp_path):
    one = folder(tmp_path / "one", same="x", gone="x", changed="abc", longer="ab")
    other = folder(tmp_path / "other", same="x", added="x", changed="abd", longer="abc")
    assert differences(one, other) == [
        f"added: only in {other}",
        "changed: differs from byte 3",
        f"gone: only in {one}",
        "longer: differs from byte 3",
    ]


def test_equal_folders_do_not_differ_and_hidden_files_are_not_published(tmp_path):
    one = folder(tmp_path / "one", page="x", _dot_buildinfo="1")
    other = folder(tmp_path / "other", page="x", _dot_buildinfo="2")
    assert differences(one, other) == []


def git(book, *words):
    subprocess.run(["git", "-C", str(book.root), *words], check=True, capture_output=True)


def commit(book):
    git(book, "init", "--quiet")
    git(book, "add", "--all")
    git(book, "-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "--quiet", "-m", "A book")


def test_a_commit_gives_the_same_bytes_elsewhere_on_another_day_and_over_old_results(mini_book):
    commit(mini_book)
    assert rebuild(mini_book.root) == []


def test_a_tree_with_changes_and_a_folder_without_git_are_refused(mini_book):
    with pytest.raises(ValueError, match="not a git repository"):
        rebuild(mini_book.root)
    commit(mini_book)
    mini_book.write("index.md", "# Another\n")
    with pytest.raises(ValueError, match=r"commit them first:\nM index\.md"):
        rebuild(mini_book.root)
