"""What the long trials share: folders as digests, without what holds times and paths."""

import hashlib
import json
import os

# What holds times and paths, and what a run keeps to itself.
LEFT_OUT = ("report.html", "tensorboard", "asked.jsonl.part", "contents.txt", ".lock")


def digest(path):
    """A file's content; of logs without what was measured, of a checkpoint's state what decides how the run goes on."""
    with open(path, "rb") as f:
        data = f.read()
    name = os.path.basename(path)
    if name == "log.jsonl":
        lines = [json.loads(line) for line in data.splitlines()]
        lines = [{k: v for k, v in line.items() if k != "measured"} for line in lines if line["kind"] != "session"]
        data = json.dumps(lines, sort_keys=True).encode()
    if name == "state.json":
        state = json.loads(data)
        data = json.dumps([state["step"], state["position"], state["files"]], sort_keys=True).encode()
    if name == "adapter_config.json":
        # Where the model was.
        config = json.loads(data)
        data = json.dumps({k: v for k, v in config.items() if k != "base_model_name_or_path"}, sort_keys=True).encode()
    return hashlib.sha256(data).hexdigest()


def files(folder):
    """The paths of all files below a folder that are compared, from there."""
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in LEFT_OUT]
        for name in names:
            if not name.endswith(LEFT_OUT):
                yield os.path.relpath(os.path.join(place, name), folder)


def tree(folder):
    """A digest of every file by its path."""
    return {name: digest(f"{folder}/{name}") for name in files(folder)}
