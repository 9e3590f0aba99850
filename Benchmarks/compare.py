"""Times two whole processes in turn and prints medians, CPU time an image, peak memory and the ratio."""
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

PIPELINE = "resize(256, filter: bicubic)|center_crop(224)|to_tensor|normalize(imagenet)"


def run(command):
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    message = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"{command} failed:\n{message.decode()}")
    return time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main():
    root, folder, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
    count = sum(len(names) for _, _, names in os.walk(folder))
    work = tempfile.mkdtemp()
    ours, theirs = os.path.join(work, "tessera"), os.path.join(work, "pillow")
    commands = {
        "tessera": [f"{root}/.build/release/tessera", "preprocess", folder, ours, "--with", PIPELINE,
                    "--format", "npy", "--profile", "pillow", "--on-error", "skip"],
        "Pillow": [f"{root}/.oracle/pillow-13/bin/python", f"{root}/Benchmarks/pillow_preprocess.py", folder, theirs],
    }
    results = {name: [] for name in commands}
    try:
        for round_number in range(rounds + 1):
            for name, command in commands.items():
                shutil.rmtree(ours, ignore_errors=True)
                shutil.rmtree(theirs, ignore_errors=True)
                figures = run(command)
                if round_number > 0:  # the first round warms the page cache
                    results[name].append(figures)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    print(f"{count} pictures, {rounds} rounds in turn, {os.cpu_count()} cores; medians (minimum … maximum)")
    print("| | images/s | wall s | CPU ms an image | peak MiB (largest process) |\n|---|---|---|---|---|")
    for name, rows in results.items():
        wall, cpu, memory = zip(*rows)
        print(f"| {name} | {count / statistics.median(wall):.0f} "
              f"| {statistics.median(wall):.2f} ({min(wall):.2f} … {max(wall):.2f}) "
              f"| {1000 * statistics.median(cpu) / count:.2f} "
              f"({1000 * min(cpu) / count:.2f} … {1000 * max(cpu) / count:.2f}) | {statistics.median(memory):.0f} |")
    pairs = list(zip(results["Pillow"], results["tessera"]))
    print(f"\nPillow / tessera, pair by pair, median: wall {statistics.median(p[0] / t[0] for p, t in pairs):.2f}, "
          f"CPU {statistics.median(p[1] / t[1] for p, t in pairs):.2f}")


main()
