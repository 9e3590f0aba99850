#!/usr/bin/env python3
"""Lets the file operations of commands fail, one by one, and looks at what comes of it.

    python3 Tests/Torture/faults.py TESSERA [TESSERA_VLM] [--quick] [--seed N] [--only NAME ...] [--places N]

Each command runs once as it is, watched by the library of faults.c: that tells which operations it makes on its inputs and
outputs. Then it runs again and again, each time with one of them failing as a disk may fail. What must hold each time:

* it ends by itself, not by a signal and not by our patience;
* a call that a signal cut off, and a short count, change nothing: exit 0 and the bytes of the undisturbed run;
* exit 0 means those bytes, whatever failed; any other exit tells the file and the system's reason on stderr;
* no file has its final name with other bytes than the undisturbed run's (journals and lists of errors go on growing);
* the same command given again, undisturbed, makes of that folder what the undisturbed run made.
"""

import argparse
import concurrent.futures
import errno
import hashlib
import json
import os
import random
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import zlib

from folders import digest, files, tree

RECIPE = """
name: faults
seed: 5
prepare: [{make: shapes, folder: data, train: 10, validation: 3, heldout: 1}]
model:
  new:
    vision: {hidden_size: 16, layers: 1, heads: 2, intermediate_size: 32, image_size: 48, patch_size: 16}
    decoder: {hidden_size: 16, layers: 1, heads: 2, intermediate_size: 32, positions: 128}
    vocabulary: 290
ask: [{path: data/validation/captions.jsonl, samples: 2, max_answer: 3}]
stages:
  - stage: sft
    name: answers
    steps: 6
    batch: {samples: 3}
    data: [data/train/captions.jsonl]
    validation: [data/validation/captions.jsonl]
    train: {vision: true, decoder: true}
    optimizer: {learning_rate: 1e-3}
    validate_every: 3
    checkpoint_every: 2
    log_every: 1
  - stage: sft
    name: adapter
    steps: 2
    batch: {samples: 3}
    data: [data/train/captions.jsonl]
    lora: {rank: 2, alpha: 4}
    optimizer: {learning_rate: 1e-3}
    checkpoint_every: 1
    log_every: 1
"""

# What a disk may answer to each operation. `short`: half of what was asked; `torn`: half of it, and from then on no
# room is left; `zero`: nothing, and no error. EINTR only where the system's calls have it.
ANSWERS = {
    "open": ["EIO", "EACCES", "ENOSPC", "EMFILE", "EINTR"],
    "read": ["EIO", "EINTR", "short"],
    "write": ["EIO", "ENOSPC", "EINTR", "short", "torn", "zero"],
    "fsync": ["EIO", "ENOSPC", "EINTR"],
    "close": ["EIO", "ENOSPC", "EINTR"],
    "rename": ["EIO", "ENOSPC", "EACCES"],
    "link": ["EIO", "EPERM"],
    "unlink": ["EIO", "EACCES"],
    "rmdir": ["EIO"],
    "mkdir": ["EIO", "ENOSPC", "EACCES"],
    "truncate": ["EIO", "EINTR"],
    "mmap": ["ENOMEM", "EACCES"],
    "stat": ["EIO", "EACCES"],
    "list": ["EIO"],
    "lock": ["EINTR", "ENOLCK"],
}
# These two must never be seen.
HARMLESS = ("EINTR", "short")
# What a run that was ended leaves under a name of its own: what it has done so far, and what failed.
GROWING = re.compile(r"(^|/)(journal[^/]*\.jsonl|errors[^/]*\.jsonl|merge\.json|log\.jsonl|[^/]*\.made-of)$")
UNFINISHED = re.compile(r"\.tessera-(part|old)(/|$)")
CHECKPOINT = re.compile(r"(^|/)checkpoints/step-\d+/")
PATIENCE = 120


class Task:
    """A command, and what stands in its folder before."""

    def __init__(self, name, command, before=None, cleans=False, inputs=True, ends=0, tells=False, is_long=False):
        self.name = name
        # `OUT` stands for the folder's path.
        self.command = command
        # Commands that make what it goes on with; the last may end with 1.
        self.before = before or []
        # Whether the command wants an empty folder, and is given one when it is given again.
        self.cleans = cleans
        # Whether its inputs' operations fail too.
        self.inputs = inputs
        # The status of the undisturbed run: 1 where a picture is damaged.
        self.ends = ends
        # Whether it is a report, which tells of inputs that fail on stdout.
        self.tells = tells
        # A run of seconds, with thousands of operations.
        self.is_long = is_long


class Bench:
    """Where the tasks run."""

    def __init__(self, folder, arguments):
        self.folder, self.arguments = folder, arguments
        self.library = f"{folder}/faults.so"
        source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "faults.c")
        compiler = next(name for name in ("cc", "clang", "gcc") if shutil.which(name))
        subprocess.run([compiler, "-O1", "-shared", "-fPIC", "-o", self.library, source, "-ldl"], check=True)
        self.inputs = f"{folder}/inputs"
        self.count = 0

    def run(self, task_command, out, fault=None, watch=None):
        """The status (None: our patience ended), stdout and stderr."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("FAULTS_")}
        if watch:
            environment.update(LD_PRELOAD=self.library, FAULTS_LOG=watch, FAULTS_UNDER=out)
        environment.update(fault or {})
        command = [part.replace("OUT", out) for part in task_command]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, text=True, errors="replace")
        try:
            output, errors = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            output, errors = process.communicate()
            return None, output, errors
        return process.returncode, output, errors


class Case:
    """One fault in one command."""

    def __init__(self, task, operation, answer, at, times, path):
        self.task, self.operation, self.answer, self.at, self.times, self.path = task, operation, answer, at, times, path

    def __str__(self):
        often = {0: "from then on", 1: "once"}.get(self.times, f"{self.times} times")
        return f"{self.task.name}: {self.operation} {self.at} ({self.path}) gives {self.answer} {often}"


def relative(path, out, inputs):
    """A path as it is the same in every run."""
    for start, name in ((out, "OUT"), (inputs, "IN")):
        if path == start or path.startswith(start + "/"):
            return name + path[len(start):]
    return path


def plan(task, calls, places, chance):
    """Cases for all operations of a run: each kind of file first, then others spread over the run."""
    cases = []
    for operation, answers in ANSWERS.items():
        paths = calls.get(operation, [])
        if not paths:
            continue
        # Numbers apart, paths are of a kind.
        kinds = {}
        for number, path in enumerate(paths, 1):
            kinds.setdefault(re.sub(r"\d+|[0-9a-f]{12,}", "#", path), []).append(number)
        chosen = [chance.choice(numbers) for numbers in kinds.values()]
        chance.shuffle(chosen)
        chosen = chosen[:places]
        rest = [number for number in range(1, len(paths) + 1) if number not in chosen]
        left = places - len(chosen)
        chosen += rest if len(rest) <= left else [rest[i * len(rest) // left] for i in range(left)]
        for answer in answers:
            for at in sorted(chosen):
                times = {"EINTR": [3], "short": [1, 0], "torn": [1], "zero": [1]}.get(answer, [1, 0])
                cases += [Case(task, operation, answer, at, often, paths[at - 1]) for often in times]
    return cases


class Outcome(Exception):
    """What must hold does not."""


def whole_checkpoints(folder):
    """Every checkpoint that has its name must be what its state says."""
    for place, _, names in os.walk(folder):
        if not CHECKPOINT.search(place + "/") or UNFINISHED.search(place):
            continue
        if "state.json" not in names:
            raise Outcome(f"{os.path.relpath(place, folder)} has a checkpoint's name and no state")
        with open(f"{place}/state.json") as f:
            state = json.load(f)
        for name, expected in state["files"].items():
            with open(f"{place}/{name}", "rb") as f:
                if hashlib.sha256(f.read()).hexdigest() != expected:
                    raise Outcome(f"{os.path.relpath(place, folder)}/{name} is not what its checkpoint says")


def check_names(case, clean, out):
    """What has a final name is whole."""
    whole_checkpoints(out)
    for name in files(out):
        if UNFINISHED.search(name) or GROWING.search(name):
            continue
        if name not in clean:
            # Checkpoints that are removed later, and what a merge or a resume takes away at its end.
            if CHECKPOINT.search(name) or name in case.task.template:
                continue
            raise Outcome(f"{name} is there, and is not in the undisturbed run's folder")
        if digest(f"{out}/{name}") not in (clean[name], case.task.template.get(name)):
            raise Outcome(f"{name} has its final name and other bytes than the undisturbed run's")


def check_words(case, told, errors):
    """An error names the file and the reason."""
    code = {"torn": "ENOSPC"}.get(case.answer, case.answer)
    reason = "wrote nothing" if code == "zero" else os.strerror(getattr(errno, code))
    if reason not in errors:
        raise Outcome(f"stderr does not say '{reason}': {errors.strip()[-600:]}")
    names = set()
    for path in told:
        path = re.sub(r"(\.rows|\.part-\d+-of-\d+\.\d+)?\.tessera-(part|old).*", "", path)
        # A folder that cannot be flushed is told by the name that was to be kept there.
        names |= {os.path.basename(path), os.path.basename(os.path.dirname(path))}
    if not any(name in errors for name in names if name):
        raise Outcome(f"stderr names none of {', '.join(sorted(names))}: {errors.strip()[-600:]}")


def run_case(bench, case):
    """What came of a fault: `right`, `error`, or `unmet` where the run no longer got there."""
    task = case.task
    bench.count += 1
    work = tempfile.mkdtemp(prefix="case-", dir=bench.folder)
    out = f"{work}/out"
    try:
        task.fill(out)
        code = case.answer if case.answer in ("short", "torn", "zero") else str(getattr(errno, case.answer))
        under = f"{out}:{bench.inputs}" if task.inputs else out
        fault = dict(FAULTS_OP=case.operation, FAULTS_AT=str(case.at), FAULTS_TIMES=str(case.times), FAULTS_DO=code, FAULTS_UNDER=under)
        status, output, errors = bench.run(task.command, out, fault, watch=f"{work}/told.txt")
        told = []
        if os.path.exists(f"{work}/told.txt"):
            with open(f"{work}/told.txt", errors="replace") as f:
                told = [line.rstrip("\n").split(" ", 1)[1] for line in f]
        if status is None:
            raise Outcome(f"it does not end within {PATIENCE} s")
        if status < 0:
            raise Outcome(f"it ends by {signal.Signals(-status).name}: {errors.strip()[-600:]}")
        if status == task.ends and (status == 0 or tree(out) == task.clean):
            compare(task.clean, tree(out), "after exit 0")
            return "right" if told else "unmet"
        if status == 0:
            raise Outcome("it exits with 0, and the undisturbed run does not")
        if not told:
            raise Outcome(f"nothing failed, and it exits with {status}: {errors.strip()[-600:]}")
        if case.answer in HARMLESS:
            raise Outcome(f"it exits with {status}: {errors.strip()[-600:]}")
        check_words(case, told, errors + output if task.tells else errors)
        if not task.tells:
            check_names(case, task.clean, out)
        if task.cleans:
            shutil.rmtree(out, ignore_errors=True)
            task.fill(out)
        status, output, again = bench.run(task.command, out)
        if status != task.ends:
            raise Outcome(f"given again it exits with {status}: {again.strip()[-600:]}")
        compare(task.clean, tree(out), "after the second run")
        if task.is_long and not os.path.exists(f"{out}/run/report.html"):
            raise Outcome("after the second run there is no report")
        return "error"
    finally:
        shutil.rmtree(work, ignore_errors=True)


def lasting(found):
    """What is the same at the end of every run. Which checkpoints are kept beside the newest hangs on where runs ended."""
    newest = {}
    for name in found:
        if CHECKPOINT.search(name):
            place, step = re.match(r"(.*/)?checkpoints/step-(\d+)/", name).groups()
            newest[place] = max(newest.get(place, ""), step)
    return {name: value for name, value in found.items()
            if not CHECKPOINT.search(name) or any(f"{place}checkpoints/step-{step}/" in name for place, step in newest.items())}


def compare(clean, now, when):
    clean, now = lasting(clean), lasting(now)
    if now != clean:
        different = sorted(k for k in set(now) | set(clean) if now.get(k) != clean.get(k))
        raise Outcome(f"{when} these files differ: {', '.join(different[:8])}")


# MARK: tasks


def png(width, height, chance):
    """A picture of chance, without any library."""
    rows = b"".join(b"\0" + bytes(chance.randrange(256) for _ in range(3 * width)) for _ in range(height))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def make_inputs(folder, photos):
    """Some small pictures in folders, one of them a JPEG, one behind a link; and a folder with one that is damaged."""
    chance = random.Random(7)
    for kind in ("cat", "dog"):
        os.makedirs(f"{folder}/pictures/{kind}")
        for number in range(3):
            with open(f"{folder}/pictures/{kind}/{number}.png", "wb") as f:
                f.write(png(20 + number, 24, chance))
    found = sorted(os.path.join(place, name) for place, _, names in os.walk(photos) for name in names if name.endswith(".jpg"))
    shutil.copy(min(found, key=os.path.getsize), f"{folder}/pictures/dog/photo.jpg")
    os.symlink("0.png", f"{folder}/pictures/cat/link.png")
    shutil.copytree(f"{folder}/pictures", f"{folder}/damaged", symlinks=True)
    with open(f"{folder}/damaged/dog/1.png", "r+b") as f:
        f.truncate(100)
    with open(f"{folder}/recipe.yaml", "w") as f:
        f.write(RECIPE)


def tasks(inputs, tessera, vlm):
    pictures = f"{inputs}/pictures"
    small = ["--with", "random_resized_crop(16)|to_tensor", "--seed", "3", "--threads", "1"]
    npy = [tessera, "preprocess", pictures, "OUT/npy", "--format", "npy", *small]
    tensors = [tessera, "preprocess", pictures, "OUT/tensors", "--format", "safetensors", "--shard-size", "3", *small]
    damaged = [tessera, "preprocess", f"{inputs}/damaged", "OUT/tensors", "--format", "safetensors", "--shard-size", "4", "--on-error",
               "skip", *small]
    pack = [tessera, "pack", pictures, "OUT/tars", "--format", "webdataset", "--shard-size", "3", "--threads", "1"]
    stats = [tessera, "stats", pictures, "--threads", "1", "--json", "-o", "OUT/stats.png", "--errors", "OUT/stats/errors.jsonl"]
    divided = [tessera, "stats", pictures, "--threads", "1", "--pixels", "--into", "OUT/stats"]
    tallies = [divided + ["--shard", f"{i}/2"] for i in range(2)]
    parts = [tensors + ["--shard", f"{i}/2"] for i in range(2)]
    found = [
        Task("preprocess npy", npy + ["--resume"]),
        Task("preprocess npy, 3 threads", [*npy[:-1], "3", "--resume"]),
        Task("preprocess npy, resumed", npy + ["--resume"], before=[npy]),
        Task("preprocess safetensors", tensors + ["--resume"]),
        Task("preprocess safetensors, resumed", tensors + ["--resume"], before=[tensors]),
        Task("preprocess a part", parts[0] + ["--resume"]),
        Task("preprocess, a shard with gaps", damaged + ["--resume"], inputs=False, ends=1),
        Task("pack", pack + ["--resume"]),
        Task("pack, resumed", pack + ["--resume"], before=[pack]),
        Task("merge", [tessera, "merge", "OUT/tensors"], before=parts),
        Task("unpack", [tessera, "unpack", f"{inputs}/tars/shard-{{000000..000002}}.tar", "OUT/unpacked"], cleans=True),
        Task("stats", stats, inputs=False),
        Task("stats, of inputs that fail", stats, tells=True),
        Task("stats, a part", tallies[0], inputs=False),
        Task("stats, parts finished by one process", divided, inputs=False, before=tallies[:1]),
        Task("stats, merged", [tessera, "merge", "OUT/stats"], inputs=False, before=tallies),
        Task("split", [tessera, "split", pictures, "OUT/lists", "--fractions", "0.5,0.5", "--force"]),
    ]
    if vlm:
        run = [vlm, "run", f"{inputs}/recipe.yaml", "-o", "OUT/run", "--threads", "1"]
        found += [
            Task("train", run, is_long=True),
            Task("train, gone on with", run, before=[run + ["--max-steps", "3"]], is_long=True),
        ]
    return found


def prepare(bench, task):
    """Makes what stands there before, the undisturbed run's files, and the list of its operations."""
    place = f"{bench.folder}/{re.sub(r'[^a-z]+', '-', task.name)}"
    template = f"{place}/template/out"
    os.makedirs(template)
    for number, command in enumerate(task.before):
        fault = None
        # A resume goes on with a run that a full disk ended in its middle.
        if "resumed" in task.name:
            watched = f"{place}/first.txt"
            bench.run(command, f"{place}/whole/out", watch=watched)
            with open(watched) as f:
                writes = sum(line.startswith("write ") for line in f)
            fault = dict(FAULTS_OP="write", FAULTS_AT=str(writes // 2), FAULTS_TIMES="0", FAULTS_DO=str(errno.ENOSPC))
        status, _, errors = bench.run(command, template, fault, watch=f"{place}/before.txt" if fault else None)
        if status not in (0, 1) or (fault and status != 1):
            sys.exit(f"{task.name}: '{' '.join(command)}' exits with {status}: {errors}")
    task.template = tree(template)
    task.fill = lambda out: shutil.copytree(template, out, symlinks=True)
    out = f"{place}/clean/out"
    task.fill(out)
    watched = f"{place}/calls.txt"
    began = time.time()
    under = dict(FAULTS_UNDER=f"{out}:{bench.inputs}" if task.inputs else out)
    status, _, errors = bench.run(task.command, out, under, watch=watched)
    if status != task.ends:
        sys.exit(f"{task.name}: the undisturbed run exits with {status}: {errors}")
    task.seconds = time.time() - began
    task.clean = tree(out)
    calls = {}
    with open(watched, errors="replace") as f:
        for line in f:
            operation, path = line.rstrip("\n").split(" ", 1)
            calls.setdefault(operation, []).append(relative(path, out, bench.inputs))
    return calls


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tessera")
    parser.add_argument("tessera_vlm", nargs="?")
    parser.add_argument("--quick", action="store_true", help="a sample, in half a minute")
    parser.add_argument("--places", type=int, default=12, help="how many calls of each operation are let fail")
    parser.add_argument("--cases", type=int, help="no more cases of each command than so many, drawn by chance")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--only", nargs="+", help="the commands whose names begin so")
    parser.add_argument("--photos", default="samples/photos")
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    folder = os.path.realpath(tempfile.mkdtemp(prefix="faults-"))
    try:
        sys.exit(trial(folder, arguments))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def trial(folder, arguments):
    """Runs all, prints the table; 1 where something does not hold."""
    chance = random.Random(arguments.seed)
    bench = Bench(folder, arguments)
    make_inputs(bench.inputs, arguments.photos)
    tessera = os.path.abspath(arguments.tessera)
    vlm = arguments.tessera_vlm and os.path.abspath(arguments.tessera_vlm)
    pack = [tessera, "pack", f"{bench.inputs}/pictures", f"{bench.inputs}/tars", "--format", "webdataset", "--shard-size", "3"]
    subprocess.run(pack, check=True, capture_output=True)
    bad = []
    totals = [0, 0, 0, 0]
    print(f"{'command':34} {'operations':>10} {'cases':>6} {'fired':>6} {'right':>6} {'error':>6}  wrong", flush=True)
    for task in tasks(bench.inputs, tessera, vlm):
        if arguments.only and not any(task.name.startswith(name) for name in arguments.only):
            continue
        calls = prepare(bench, task)
        places = arguments.places if not task.is_long else max(1, arguments.places // 3)
        cases = plan(task, calls, places, chance)
        limit = arguments.cases or (min(30, max(4, int(3 / max(task.seconds, 0.05)))) if arguments.quick else None)
        if limit and len(cases) > limit:
            cases = chance.sample(cases, limit)
        counts = {"right": 0, "error": 0, "unmet": 0}
        wrong = 0
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            for case, future in [(case, pool.submit(run_case, bench, case)) for case in cases]:
                try:
                    counts[future.result()] += 1
                except Outcome as outcome:
                    wrong += 1
                    bad.append(f"{case}\n    {outcome}")
                    print(f"  {bad[-1]}", flush=True)
        fired = len(cases) - counts["unmet"]
        total = sum(len(paths) for paths in calls.values())
        print(f"{task.name:34} {total:10} {len(cases):6} {fired:6} {counts['right']:6} {counts['error']:6}  {wrong}", flush=True)
        totals = [a + b for a, b in zip(totals, (len(cases), fired, counts["right"], counts["error"]))]
    print(f"{totals[1]} faults in {totals[0]} runs: {totals[2]} right results, {totals[3]} clear errors, {len(bad)} wrong", flush=True)
    return 1 if bad else 0


if __name__ == "__main__":
    main()
