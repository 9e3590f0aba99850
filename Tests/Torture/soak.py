#!/usr/bin/env python3
"""Runs the loader and a training for very long, and looks whether memory, descriptors and threads stay what they are.

    python3 Tests/Torture/soak.py TESSERA TESSERA_VLM [--samples 1000000] [--steps 10000] [--only loader train]

A second sample every second; the first fifth is warming up. Fails where resident memory at the end is more than 5 % (and 16 MB)
above that, where descriptors or threads have grown, or where anything is left in /dev/shm.
"""

import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

RECIPE = """
name: soak
seed: 5
prepare: [{make: shapes, folder: data, train: 400, validation: 20, heldout: 2}]
model:
  new:
    vision: {hidden_size: 16, layers: 1, heads: 2, intermediate_size: 32, image_size: 48, patch_size: 16}
    decoder: {hidden_size: 16, layers: 2, heads: 2, intermediate_size: 32, positions: 128}
    vocabulary: 300
stages:
  - stage: sft
    name: answers
    steps: STEPS
    batch: {samples: 8}
    data: [data/train/captions.jsonl, data/train/questions.jsonl]
    validation: [data/validation/captions.jsonl]
    train: {vision: true, decoder: true}
    optimizer: {learning_rate: 1e-3}
    validate_every: 500
    checkpoint_every: 500
    log_every: 100
"""


def look(pid):
    with open(f"/proc/{pid}/status") as f:
        text = f.read()
    resident = int(re.search(r"VmRSS:\s+(\d+)", text).group(1)) * 1024
    threads = int(re.search(r"Threads:\s+(\d+)", text).group(1))
    return resident, len(os.listdir(f"/proc/{pid}/fd")), threads


def soak(name, command):
    shared = sorted(os.listdir("/dev/shm"))
    began = time.time()
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        seen = []
        while process.poll() is None:
            try:
                seen.append(look(process.pid))
            except (OSError, AttributeError):
                break
            time.sleep(1)
        if process.wait() != 0:
            log.seek(0)
            sys.exit(f"{name}: ends with {process.returncode}\n{log.read().decode()[-2000:]}")
    if len(seen) < 20:
        sys.exit(f"{name}: over after {len(seen)} s, which says nothing")
    # What the end does (evaluation, writing) is not the steady state.
    fifth = len(seen) // 5
    early, late = seen[fifth:2 * fifth], seen[-fifth - 2:-2]
    faults, words = [], []
    for place, what, slack in ((0, "resident MB", None), (1, "descriptors", 0), (2, "threads", 0)):
        a, b = (statistics.median(s[place] for s in part) for part in (early, late))
        scale = 1e6 if place == 0 else 1
        words.append(f"{what} {a / scale:.0f} → {b / scale:.0f}")
        if b > a + (max(a * 0.05, 16e6) if slack is None else slack):
            faults.append(what)
    left = sorted(set(os.listdir("/dev/shm")) - set(shared))
    if left:
        faults.append(f"left in /dev/shm: {left}")
    print(f"{name}: {time.time() - began:.0f} s; {', '.join(words)}; at the most {max(s[0] for s in seen) / 1e6:.0f} MB; "
          f"/dev/shm {'as it was' if not left else left}", flush=True)
    if faults:
        sys.exit(f"{name}: grew: {', '.join(faults)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tessera")
    parser.add_argument("tessera_vlm")
    parser.add_argument("--samples", type=int, default=1_000_000)
    parser.add_argument("--steps", type=int, default=10_000)
    parser.add_argument("--photos", default="samples/photos")
    parser.add_argument("--only", nargs="+", default=["loader", "train"])
    arguments = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="soak-")
    if "loader" in arguments.only:
        pictures = f"{folder}/pictures"
        os.mkdir(pictures)
        found = sorted(os.path.join(place, name) for place, _, names in os.walk(arguments.photos) for name in names
                       if name.endswith((".jpg", ".jpeg", ".png")))
        for copy in range(1000 // len(found) + 1):
            for path in found:
                shutil.copy(path, f"{pictures}/{copy:03}-{os.path.basename(path)}")
        count = len(os.listdir(pictures))
        epochs = -(-arguments.samples // count)
        soak(f"loader, {epochs * count} samples",
             [arguments.tessera, "bench", pictures, "--preset", "imagenet-train", "--batch-size", "64", "--threads", "2",
              "--epochs", str(epochs)])
    if "train" in arguments.only:
        with open(f"{folder}/recipe.yaml", "w") as f:
            f.write(RECIPE.replace("STEPS", str(arguments.steps)))
        soak(f"training, {arguments.steps} steps",
             [arguments.tessera_vlm, "run", f"{folder}/recipe.yaml", "-o", f"{folder}/run", "--threads", "1"])
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
