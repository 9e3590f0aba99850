#!/usr/bin/env python3
"""What several processes that train one model gain here, where the time goes, and what more of them would.

    python3 Benchmarks/ranks.py .build/release/tessera-vlm [--ranks 1 2 4] [--steps 60] [--rounds 3]

Each configuration trains the same steps of samples/vlm/shapes.yaml's first stage, one compute thread a rank, in turns. As a
bound, as many trainings that know nothing of each other run side by side: what this machine gives so many processes at all.
"""

import argparse
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import tempfile
import threading
import time


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def resident(pid, found):
    """The most memory that a process had, while it lives."""
    while True:
        try:
            with open(f"/proc/{pid}/status") as f:
                text = f.read()
            found[pid] = int(re.search(r"VmHWM:\s+(\d+)", text).group(1)) * 1024
        except (OSError, AttributeError):
            return
        time.sleep(0.05)


def start(command, size, rank, port, log):
    env = dict(os.environ, OMP_NUM_THREADS="1", RANK=str(rank), WORLD_SIZE=str(size), LOCAL_WORLD_SIZE=str(size),
               MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port), TORCHELASTIC_RUN_ID="bench")
    if size == 1:
        for name in ("RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "TORCHELASTIC_RUN_ID"):
            env.pop(name, None)
    return subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=log)


def train(arguments, folder, data, size, settings, side_by_side=False):
    """Median seconds of a step and its parts, tokens a second of all, and bytes of the largest rank."""
    processes, peaks = [], {}
    groups = [(1, 0)] * size if side_by_side else [(size, rank) for rank in range(size)]
    port = free_port()
    outputs = []
    with open(f"{folder}/errors.txt", "w") as log:
        for number, (ranks, rank) in enumerate(groups):
            output = f"{folder}/out-{number if side_by_side else 0}"
            if not (outputs and outputs[-1] == output):
                shutil.rmtree(output, ignore_errors=True)
                # Made once: what is measured is the steps.
                shutil.copytree(data, output, ignore=lambda place, names: ["data"] if place == data else [])
                os.symlink(f"{data}/data", f"{output}/data")
                outputs.append(output)
            command = [arguments.tool, "run", arguments.recipe, "-o", output, "--max-steps", str(arguments.steps)]
            for setting in settings + ["stages[0].log_every=1", "stages[0].validate_every=0"]:
                command += ["--set", setting]
            process = start(command, ranks, rank, port, log)
            processes.append(process)
            threading.Thread(target=resident, args=(process.pid, peaks), daemon=True).start()
        for process in processes:
            if process.wait() != 0:
                raise SystemExit(open(f"{folder}/errors.txt").read())
    steps = []
    for output in outputs:
        lines = []
        with open(f"{output}/captions/log.jsonl") as f:
            for line in f:
                entry = json.loads(line)
                if entry["kind"] == "train":
                    lines.append(entry)
        steps.append(lines[len(lines) // 6:])
    def flat(entry):
        return {**entry, **entry.get("measured", {})}
    def median(name):
        return statistics.median(flat(e).get(name, 0) for lines in steps for e in lines)
    parts = {name: median(f"seconds_{name}") for name in ("data", "forward", "backward", "exchange", "optimizer")}
    parts["step"] = statistics.median(
        sum(flat(e).get(f"seconds_{n}", 0) for n in ("data", "forward", "backward", "exchange", "optimizer"))
        for lines in steps for e in lines)
    tokens = sum(statistics.mean(e["tokens"] for e in lines) for lines in steps)
    return {"parts": parts, "rate": tokens / parts["step"], "memory": max(peaks.values())}


def model(parameters, compute, overlap, ranks, latency, bandwidth):
    """Seconds of a step on so many ranks, each with the samples that one has here: a ring's all-reduce (Patarasuk & Yuan
    2009) of float32 gradients, of which a part hides behind the way back."""
    ring = 2 * (ranks - 1) / ranks * parameters * 4 / bandwidth + 2 * (ranks - 1) * latency
    return compute + max(0, ring - overlap)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tool")
    parser.add_argument("--recipe", default="samples/vlm/shapes.yaml")
    parser.add_argument("--ranks", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--samples", type=int, default=32, help="samples of a step, of all ranks together")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = f"{folder}/data"
        subprocess.run([arguments.tool, "run", arguments.recipe, "-o", data, "--dry-run"], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        plans = []
        for size in arguments.ranks:
            fixed = f"stages[0].batch.samples={arguments.samples}"
            grown = f"stages[0].batch.samples={arguments.samples * size}"
            plans.append((f"{size} ranks, {arguments.samples} samples a step", size, [fixed], False))
            if size > 1:
                plans.append((f"{size} ranks, {arguments.samples * size} samples a step", size, [grown], False))
                plans.append((f"{size} ranks, {arguments.samples * size} samples, optimiser sharded", size,
                              [grown, "stages[0].shard_optimizer=true"], False))
                plans.append((f"{size} trainings side by side, {arguments.samples} samples each", size, [fixed], True))
        results = {}
        for number in range(arguments.rounds):
            for name, size, settings, apart in plans:
                result = train(arguments, folder, data, size, settings, apart)
                results.setdefault(name, []).append(result)
                print(f"round {number + 1}: {name}: {result['rate']:.0f} tokens/s, {result['memory'] / 1e6:.0f} MB", flush=True)
    base = statistics.median(r["rate"] for r in results[plans[0][0]])
    lines = [f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores, one compute thread a rank; {arguments.recipe}, its first stage, "
             f"{arguments.steps} steps, the first sixth not counted, medians of {arguments.rounds} rounds in turns; "
             f"load now {os.getloadavg()[0]:.1f}.", "",
             "| | tokens/s | beside one rank | forward, ms | backward | waiting for gradients | optimiser | data | MB a rank |",
             "|---|---|---|---|---|---|---|---|---|"]
    for name, *_ in plans:
        found = results[name]
        def ms(part):
            return f"{statistics.median(r['parts'][part] for r in found) * 1e3:.1f}"
        rate = statistics.median(r["rate"] for r in found)
        lines.append(f"| {name} | {rate:.0f} | {rate / base:.2f} × | {ms('forward')} | {ms('backward')} | {ms('exchange')} | "
                     f"{ms('optimizer')} | {ms('data')} | {statistics.median(r['memory'] for r in found) / 1e6:.0f} |")
    compute = statistics.median(r["parts"]["step"] for r in results[plans[0][0]])
    backward = statistics.median(r["parts"]["backward"] for r in results[plans[0][0]])
    lines += ["", "What more would give, by a model: each rank has the samples that one has here, a ring adds float32 gradients up, "
              "and half of the way back hides it.", "",
              "| | 8 ranks | 64 | 1,024 |", "|---|---|---|---|"]
    for title, parameters, work, hidden, latency, bandwidth in (
        (f"this model (1.3 M parameters, {compute * 1e3:.0f} ms a step), Ethernet of 25 Gb/s, 30 µs", 1.3e6, compute, backward / 2, 30e-6, 25e9 / 8),
        ("a model of 500 M parameters, 2 s a step, Ethernet of 25 Gb/s, 30 µs", 5e8, 2.0, 0.6, 30e-6, 25e9 / 8),
        ("a model of 7 G parameters, 4 s a step, InfiniBand of 400 Gb/s, 5 µs", 7e9, 4.0, 1.2, 5e-6, 400e9 / 8),
    ):
        cells = []
        for ranks in (8, 64, 1024):
            seconds = model(parameters, work, hidden, ranks, latency, bandwidth)
            cells.append(f"{100 * work / seconds:.0f} %")
        lines.append(f"| {title} | {' | '.join(cells)} |")
    text = "\n".join(lines) + "\n"
    print(text)


if __name__ == "__main__":
    main()
