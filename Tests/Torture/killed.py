#!/usr/bin/env python3
"""Kills long commands at random moments (kill -9), gives the same command again, and compares what comes of it in the end with
an uninterrupted run, byte for byte.

    python3 Tests/Torture/killed.py TESSERA TESSERA_VLM [--times 100] [--seed N] [--only preprocess pack stats train]
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from folders import tree

RECIPE = """
name: killed
seed: 5
prepare: [{make: shapes, folder: data, train: 60, validation: 8, heldout: 2, descriptions: true}]
model:
  new:
    vision: {hidden_size: 16, layers: 1, heads: 2, intermediate_size: 32, image_size: 48, patch_size: 16}
    decoder: {hidden_size: 16, layers: 2, heads: 2, intermediate_size: 32, positions: 128}
    vocabulary: 300
ask: [{path: data/validation/captions.jsonl, samples: 3, max_answer: 6}]
stages:
  - stage: sft
    name: answers
    steps: 60
    batch: {samples: 6}
    data: [data/train/captions.jsonl]
    validation: [data/validation/captions.jsonl]
    evaluate: [{path: data/validation/captions.jsonl, max_answer: 6}]
    train: {vision: true, decoder: true}
    optimizer: {learning_rate: 1e-3}
    validate_every: 20
    checkpoint_every: 10
    log_every: 1
  - stage: reward
    name: reward
    steps: 20
    batch: {samples: 4}
    make: [{path: pairs/train.jsonl, from: {path: data/train/captions.jsonl}, attributes: shapes, corruptions: 2}]
    data: [pairs/train.jsonl]
    train: {vision: true, decoder: true}
    checkpoint_every: 5
    log_every: 1
    reward: {normalise: 16, policy: {questions: {path: data/validation/captions.jsonl}, draws: 2, max_answer: 6}}
  - stage: rl
    name: rl
    steps: 12
    data: [data/train/captions.jsonl]
    evaluate: [{path: data/validation/captions.jsonl, max_answer: 6}]
    optimizer: {learning_rate: 1e-4}
    rl:
      algorithm: grpo
      rewards: [{kind: learned, directory: reward}]
      rollouts: {prompts: 4, samples: 3, max_answer: 6, batch: 6}
      look: {every: 4, prompts: 5}
    checkpoint_every: 2
    log_every: 1
"""


def run(command, log):
    return subprocess.run(command, stdout=log, stderr=subprocess.STDOUT).returncode


def torture(name, command, output, times, chance, log, skip):
    """Kills `command` so many times in all, over as many whole runs as that takes."""
    began = time.time()
    if run(command, log) != 0:
        sys.exit(f"{name}: the uninterrupted run failed; see {log.name}")
    seconds = time.time() - began
    whole = {k: v for k, v in tree(output).items() if not skip(k)}
    kills = runs = 0
    while kills < times:
        shutil.rmtree(output)
        while True:
            process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
            try:
                status = process.wait(timeout=chance.uniform(0, seconds * 0.7) if kills < times else None)
            except subprocess.TimeoutExpired:
                # With what it has started: the next try finds nobody at work.
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                kills += 1
                continue
            if status != 0:
                sys.exit(f"{name}: after {kills} kills the command ends with {status}; see {log.name}")
            break
        runs += 1
        now = {k: v for k, v in tree(output).items() if not skip(k)}
        if now != whole:
            different = sorted(k for k in set(now) | set(whole) if now.get(k) != whole.get(k))
            sys.exit(f"{name}: after {kills} kills these files differ: {', '.join(different[:8])}")
    print(f"{name}: killed {kills} times in {runs} runs of {seconds:.1f} s each; {len(whole)} files equal", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tessera")
    parser.add_argument("tessera_vlm")
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--only", nargs="+", default=["preprocess", "pack", "stats", "train"])
    parser.add_argument("--photos", default="samples/photos")
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    chance = random.Random(arguments.seed)
    folder = tempfile.mkdtemp(prefix="killed-")
    pictures = f"{folder}/pictures"
    os.mkdir(pictures)
    found = sorted(os.path.join(place, name) for place, _, names in os.walk(arguments.photos) for name in names
                   if name.endswith((".jpg", ".jpeg", ".png")))
    # Enough that a run lasts.
    for copy in range(30):
        for path in found:
            shutil.copy(path, f"{pictures}/{copy:02}-{os.path.basename(path)}")
    with open(f"{folder}/recipe.yaml", "w") as f:
        f.write(RECIPE)
    tessera, vlm = arguments.tessera, arguments.tessera_vlm
    commands = {
        "preprocess": [
            (f"preprocess to {form}", [tessera, "preprocess", pictures, f"{folder}/{form}", "--preset", "imagenet-eval", "--format",
                                       form, "--shard-size", "16", "--resume"], f"{folder}/{form}")
            for form in ("npy", "safetensors")],
        "pack": [("pack to webdataset", [tessera, "pack", pictures, f"{folder}/tars", "--format", "webdataset", "--shard-size", "40", "--resume"],
                  f"{folder}/tars")],
        "stats": [("stats by three processes, merged",
                   ["sh", "-ec", f"""for i in 0 1 2; do
                      {tessera} stats {pictures} --into {folder}/stats --shard $i/3 --channels --pixels
                    done
                    {tessera} merge {folder}/stats"""], f"{folder}/stats")],
        "train": [("run of three stages", [vlm, "run", f"{folder}/recipe.yaml", "-o", f"{folder}/run", "--threads", "1"],
                   f"{folder}/run")],
    }
    with open(f"{folder}/log.txt", "w") as log:
        for kind in arguments.only:
            for name, command, output in commands[kind]:
                torture(name, command, output, arguments.times, chance, log,
                        lambda key: "journal" in key or key.startswith("data/"))
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
