"""Times the loader beside its rivals, in turns, checks that their outputs agree, and writes docs/benchmarks.md.

    .oracle/pillow-13/bin/python Benchmarks/loader.py [--recipes train eval clip progressive png] [--peers NAME …]
        [--rounds 7] [--threads 2] [--limit N] [--pictures .bench/pictures] [--ours PROGRAM] [--out .bench/loader.json]
        [--from RESULTS.json] [--page docs/benchmarks.md] [--plot docs/benchmarks.svg]

`make bench` installs what is missing, makes the pictures and calls this. For a recipe every rival is started once (peers/),
warmed up by an epoch, looked at for memory during another, and asked for its first batch, which is compared with Pillow's;
then a round asks each for an epoch in turn, in an order turned round each time. Only one computes at a time. Figures are
medians of the rounds. Processor time is the kernel's account of the whole tree of processes.

--limit takes the first N files of each folder only: a quick look. --from makes page and plot of stored results.
"""
import argparse
import collections
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys

import numpy as np

from bench import ROOT, machine, write_between
sys.path.insert(0, str(ROOT / "Benchmarks/peers"))
import common  # noqa: E402
import measure  # noqa: E402
import page  # noqa: E402

Peer = collections.namedtuple("Peer", "key name environment script arguments is_scaled")
PEERS = [
    Peer("tessera", "Tessera", None, None, [], False),
    Peer("tessera-fast", "Tessera, scaled decoding", None, None, ["fast"], True),
    Peer("pillow", "Pillow", "pillow-13", "pillow.py", [], False),
    Peer("pillow-draft", "Pillow, `draft`", "pillow-13", "pillow.py", ["--draft"], True),
    Peer("pillow-simd", "Pillow-SIMD", "pillow-simd", "pillow.py", [], False),
    Peer("torchvision-pillow", "torchvision on Pillow", "big", "torchvision_pillow.py", [], False),
    Peer("torchvision", "torchvision on tensors", "big", "torchvision_tensors.py", [], False),
    Peer("torchvision-threads", "torchvision on tensors, threads", "big", "torchvision_tensors.py", ["--threads"], False),
    Peer("opencv", "OpenCV", "opencv", "opencv.py", [], False),
    Peer("opencv-reduced", "OpenCV, `IMREAD_REDUCED`", "opencv", "opencv.py", ["--reduced"], True),
    Peer("dali", "DALI, CPU", "dali", "dali.py", [], False),
    Peer("mlx-data", "mlx-data", "mlx-data", "mlx_data.py", [], False),
    Peer("tf-data", "tf.data", "tensorflow", "tf_data.py", [], False),
    Peer("tf-data-ratio", "tf.data, `ratio`", "tensorflow", "tf_data.py", ["--ratio"], True),
    Peer("spdl", "SPDL", "spdl", "spdl_ffmpeg.py", [], False),
    Peer("kornia-rs", "kornia-rs", "kornia-rs", "kornia_rust.py", [], False),
]

# A folder of few pictures is gone through more than once an epoch, and the photos, which are large, are few a batch: else
# one batch would be all, and one worker would do it.
RECIPES = {
    "train": {"folder": "imagenet", "size": 224, "edge": None, "filter": "bilinear", "batch": 64, "repeat": 1},
    "eval": {"folder": "imagenet", "size": 224, "edge": 256, "filter": "bilinear", "batch": 64, "repeat": 1},
    "clip": {"folder": "photos", "size": 336, "edge": 336, "filter": "bicubic", "batch": 8, "repeat": 2},
    "progressive": {"folder": "progressive", "size": 336, "edge": 336, "filter": "bicubic", "batch": 8, "repeat": 2},
    "png": {"folder": "png", "size": 224, "edge": 256, "filter": "bilinear", "batch": 64, "repeat": 2},
}
FLOORS = {"train": ["jpeg", "windows"], "eval": ["jpeg"], "clip": ["jpeg"], "progressive": ["jpeg"],
          "png": ["png", "inflate"]}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipes", nargs="+", choices=list(RECIPES), default=list(RECIPES))
    parser.add_argument("--peers", nargs="+", choices=[peer.key for peer in PEERS], metavar="NAME",
                        help=", ".join(peer.key for peer in PEERS))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--pictures", type=pathlib.Path, default=ROOT / ".bench/pictures")
    parser.add_argument("--ours", default=str(ROOT / "Benchmarks/.build/release/LoaderPeer"))
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / ".bench/loader.json")
    parser.add_argument("--from", dest="stored", type=pathlib.Path, metavar="RESULTS.json")
    parser.add_argument("--page", help="a file with the marks between which the tables are written")
    parser.add_argument("--plot", help="an SVG file")
    given = parser.parse_args()
    given.peers = given.peers or [peer.key for peer in PEERS]
    return given


def say(*words):
    print("tessera:", *words, file=sys.stderr, flush=True)


# MARK: the question

def recipe_of(name, given):
    """What every program is told."""
    settings = dict(RECIPES[name])
    folder, repeat = given.pictures / settings.pop("folder"), settings.pop("repeat")
    files = sorted(str(path.resolve()) for path in folder.rglob("*") if path.is_file())[:given.limit]
    if not files:
        sys.exit(f"{folder} has no pictures: run make bench-data")
    return {"name": name, "files": files * repeat, "threads": given.threads, **settings}


def command(peer, given):
    if peer.script is None:
        if not os.access(given.ours, os.X_OK):
            raise measure.RivalError("Benchmarks' LoaderPeer is not built")
        return [given.ours, *peer.arguments]
    python = ROOT / ".oracle" / peer.environment / "bin/python"
    log = ROOT / ".oracle" / f"{peer.environment}.failed"
    if not python.exists() or log.exists():
        reason = log.read_text().strip().splitlines()[-1:] if log.exists() else []
        raise measure.RivalError(f"not installed ({reason[0] if reason else 'run tools/install-deps peers'})")
    return [str(python), "-W", "ignore", str(ROOT / "Benchmarks/peers" / peer.script), *peer.arguments]


# MARK: agreement

def levels(first, second):
    """Mean and greatest difference in 8-bit levels; numpy arrays of normalised floats."""
    if first.shape[1:] != second.shape[1:]:
        return {"shape": list(first.shape)}
    # A library that fills its last batch up has more pictures where one batch is all.
    count = min(len(first), len(second))
    first, second = first[:count], second[:count]
    deviation = 255 * np.array(common.DEVIATION)[:, None, None]
    difference = np.abs(first.astype(np.float64) - second) * deviation
    return {"mean": float(difference.mean()), "most": float(difference.max())}


class Checker:
    """Compares with what Pillow makes of the same files."""

    def __init__(self, recipe, given, folder):
        self.recipe, self.folder, self.batch = recipe, folder, recipe["batch"]
        pillow = next(peer for peer in PEERS if peer.key == "pillow")
        self.rival = measure.Rival(command(pillow, given), folder / "reference.log", folder)
        self.rival.ask(recipe=recipe)
        self.is_random = recipe["edge"] is None
        self.figures, self.first = self.batch_of(self.rival, "reference", do="first")
        if self.is_random:
            self.windows = [common.draw(*self.size(path), random.Random(f"check/{number}"))
                            for number, path in enumerate(recipe["files"][:self.batch])]
            _, self.first = self.batch_of(self.rival, "reference", do="windows", windows=self.windows)

    @staticmethod
    def size(path):
        from PIL import Image
        with Image.open(path) as picture:
            return picture.size

    def batch_of(self, rival, name, **question):
        path = self.folder / f"{name}.npy"
        path.unlink(missing_ok=True)
        figures = rival.ask(**question, path=str(path))
        return figures, np.load(path) if path.exists() else None

    def check(self, rival, key):
        """What the rival's outputs are beside Pillow's."""
        figures, batch = self.batch_of(rival, key, do="first")
        found = {"shape": figures["shape"], "dtype": figures["dtype"],
                 "epoch": {name: figures[name] - self.figures[name] for name in ("mean", "deviation")},
                 # Fewer pictures scatter more where chance cuts.
                 "epoch_tolerance": page.EPOCH_TOLERANCE * (max(1, 1000 / len(self.recipe["files"])) ** 0.5
                                                            if self.is_random else 1)}
        wanted = self.first
        if self.is_random and "windows" in figures:
            # It tells what it drew: Pillow cuts the same.
            own = self.windows_of(figures["files"], figures["windows"])
            found["how"], wanted = "its own first batch, its windows by Pillow", own
        elif self.is_random:
            answer, batch = self.batch_of(rival, key, do="windows", windows=self.windows)
            found["how"] = answer.get("unsupported", "given windows")
        else:
            found["how"] = "the first batch"
        if batch is not None:
            found.update(levels(batch, wanted))
        return found

    def windows_of(self, files, windows):
        rival = measure.Rival(self.rival.process.args, self.folder / "windows.log", self.folder)
        try:
            rival.ask(recipe={**self.recipe, "files": files})
            return self.batch_of(rival, "windows", do="windows", windows=windows)[1]
        finally:
            rival.end()


# MARK: measuring

def floors(recipe, given, folder):
    """What the codecs alone cost: a function for every kind, to be called in each round."""
    program = folder / "floor"
    source = ROOT / "Benchmarks/floor/floor.c"
    built = subprocess.run(["cc", "-O2", "-o", str(program), str(source), "-ljpeg", "-lpng", "-ldeflate"],
                           capture_output=True, text=True)
    if built.returncode:
        say(f"the codecs alone are not measured: {built.stderr.strip().splitlines()[-1]}")
        return {}
    files = list(dict.fromkeys(recipe["files"]))
    (folder / "files").write_text("".join(f"{path}\n" for path in files))
    if recipe["edge"] is None:
        windows = [common.draw(*Checker.size(path), random.Random(f"floor/{number}")) for number, path in enumerate(files)]
        (folder / "windows").write_text("".join(f"{path}\t{x} {y} {w} {h}\n"
                                                for path, (x, y, w, h, _) in zip(files, windows)))

    def measured(kind):
        listed = folder / ("windows" if kind == "windows" else "files")
        return json.loads(subprocess.check_output([str(program), kind, str(listed)]))
    return {kind: lambda kind=kind: measured(kind) for kind in FLOORS[recipe["name"]]}


def prepare(recipe, given, folder, checker, rivals):
    """All rivals, warm, with their memory and what their outputs are; a row for each, failed ones too."""
    rows = {}
    for peer in PEERS:
        if peer.key not in given.peers or (peer.is_scaled and recipe["name"] not in ("clip", "progressive")):
            continue
        row = rows[peer.key] = {"name": peer.name, "is_scaled": peer.is_scaled, "rounds": []}
        try:
            rivals[peer.key] = rival = measure.Rival(command(peer, given), folder / f"{peer.key}.log", folder)
            facts = rival.ask(recipe=recipe)
            rival.ask(do="epoch")
            row.update(versions=facts.get("versions", {}), means=facts.get("means", ""))
            row["peak_bytes"] = rival.epoch_memory()
            row["check"] = checker.check(rival, peer.key)
            say(f"{recipe['name']}: {peer.name}: {row['peak_bytes'] / 1e6:,.0f} MB, {page.difference(row)}")
        except Exception as error:
            row["failed"] = str(error) if isinstance(error, measure.RivalError) else f"{type(error).__name__}: {error}"
            say(f"{recipe['name']}: {peer.name} failed: {row['failed']}")
            if peer.key in rivals:
                rivals.pop(peer.key).end()
    return rows


def measure_recipe(name, given):
    recipe = recipe_of(name, given)
    folder = given.out.parent.resolve() / "work" / name
    folder.mkdir(parents=True, exist_ok=True)
    rivals, loads = {}, []
    try:
        checker = Checker(recipe, given, folder)
        try:
            rows = prepare(recipe, given, folder, checker, rivals)
        finally:
            checker.rival.end()
        codecs = floors(recipe, given, folder)
        alone = {kind: [] for kind in codecs}
        for number in range(given.rounds):
            loads.append(os.getloadavg()[0])
            order = list(rivals)
            for key in order if number % 2 == 0 else reversed(order):
                if "failed" in rows[key]:
                    continue
                try:
                    rows[key]["rounds"].append(rivals[key].epoch())
                except measure.RivalError as error:
                    rows[key]["failed"] = str(error)
            for kind, run in codecs.items():
                alone[kind].append(run())
            say(f"{name}: round {number + 1} of {given.rounds}, load {loads[-1]:.1f}: " + ", ".join(
                f"{key} {1e3 * rows[key]['rounds'][-1]['cpu_seconds'] / rows[key]['rounds'][-1]['images']:.2f}"
                for key in rivals if rows[key]["rounds"]))
    finally:
        for rival in rivals.values():
            rival.end()
    settings = {key: value for key, value in recipe.items() if key != "files"}
    sizes = [os.path.getsize(path) for path in set(recipe["files"])]
    return {"recipe": settings, "files": len(sizes), "mean_bytes": statistics.mean(sizes),
            "epoch": len(recipe["files"]), "rows": rows, "alone": alone, "loads": loads}


def revision():
    """What of ours was measured."""
    def git(*words):
        return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    return git("rev-parse", "--short", "HEAD") + (" with changes" if git("status", "--porcelain", "Sources") else "")


def main():
    given = arguments()
    if given.stored:
        result = json.loads(given.stored.read_text())
    else:
        given.out.parent.mkdir(parents=True, exist_ok=True)
        result = {"machine": machine(), "revision": revision(), "threads": given.threads, "rounds": given.rounds,
                  "limit": given.limit, "recipes": {}}
        for name in given.recipes:
            result["recipes"][name] = measure_recipe(name, given)
            given.out.write_text(json.dumps(result) + "\n")
    lines = page.lines(result)
    print("\n".join(lines))
    if given.page:
        write_between(given.page, page.BEGIN, page.END, lines)
    if given.plot:
        pathlib.Path(given.plot).write_text(page.plot(result))


main()
