"""Says whether two directories (or files) hold the same tensors: `compare_tensors.py A B` prints JSON, exits 1 if not.

Tensors are compared by name, dtype, shape and bytes; how they are spread over files is no matter. Under names of another
layout give `--layout`: then both sides' names are brought to 4.57's names in files first.
"""
import argparse
import hashlib
import json
import pathlib
import struct
import sys


def tensors(place):
    """name to (dtype, shape, SHA-256 of the bytes) of all safetensors of a directory, or of one file."""
    place, found = pathlib.Path(place), {}
    files = [place] if place.is_file() else sorted(place.glob("*.safetensors"))
    if not files:
        sys.exit(f"{place} holds no safetensors")
    index = place / "model.safetensors.index.json"
    if place.is_dir() and index.exists():
        listed = json.loads(index.read_text())["weight_map"]
        files = [place / name for name in sorted(set(listed.values()))]
    for file in files:
        data = file.read_bytes()
        length = struct.unpack("<Q", data[:8])[0]
        for name, item in json.loads(data[8:8 + length]).items():
            if name != "__metadata__":
                start, end = item["data_offsets"]
                blob = data[8 + length + start:8 + length + end]
                found[name] = (item["dtype"], item["shape"], hashlib.sha256(blob).hexdigest())
    return found


def plain(name):
    """A LLaVA parameter's name in 4.57's files, from the names in 5.x's files or in memory."""
    name = name.removeprefix("model.")
    if name.startswith("lm_head."):
        return "language_model." + name
    if name.startswith("language_model.") and not name.startswith(("language_model.model.", "language_model.lm_head.")):
        name = name.replace("language_model.", "language_model.model.", 1)
    if name.startswith("vision_tower.") and not name.startswith("vision_tower.vision_model."):
        name = name.replace("vision_tower.", "vision_tower.vision_model.", 1)
    return name


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("a")
    parser.add_argument("b")
    parser.add_argument("--layout", action="store_true")
    given = parser.parse_args()
    a, b = tensors(given.a), tensors(given.b)
    if given.layout:
        a, b = ({plain(name): value for name, value in side.items()} for side in (a, b))
    said = {"equal": a == b, "tensors": len(a), "missing": sorted(a.keys() - b.keys()),
            "unexpected": sorted(b.keys() - a.keys()), "differ": [
                {"name": n, "a": a[n][:2], "b": b[n][:2]} for n in sorted(a.keys() & b.keys()) if a[n] != b[n]]}
    print(json.dumps(said))
    sys.exit(0 if said["equal"] else 1)


main()
