"""Stands in for gh: keeps releases, with their files, and one pull request in the folder HUB."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

hub, words = Path(os.environ["HUB"]), sys.argv[1:]
if os.environ.get("FAIL") == words[1]:
    sys.exit("gh: the network is down")
kind, act, *rest = words
here, opened = hub / " ".join(rest[:1]), hub / "open"
if kind != "release":
    with (hub / "asked").open("a") as asked:
        asked.write(" ".join(words[:3]) + "\n")
    if act == "list" and opened.exists():
        print("7")  # what the filter of --jq prints
    elif act == "create":
        opened.touch()
elif act == "list":
    drafts = {each.name: (each / ".draft").is_file() for each in hub.iterdir()}
    print(json.dumps([{"tagName": name, "isDraft": draft} for name, draft in drafts.items()]))
elif act == "create":
    assert "--draft" in rest
    here.mkdir()
    (here / ".draft").touch()
elif act == "upload":
    assert (here / ".draft").is_file(), "a published release is never changed"
    for file in rest[2:]:
        shutil.copy(file, here)
elif act == "download":
    target = Path(rest[rest.index("--dir") + 1])
    target.mkdir(parents=True, exist_ok=True)
    shutil.copy(here / rest[rest.index("--pattern") + 1], target)
elif act == "edit":
    ask = ["git", "ls-remote", "--tags", "origin"]  # it runs in the clone
    assert f"refs/tags/{rest[0]}" in subprocess.check_output(ask, text=True), "the tag first"
    (here / ".draft").unlink()
