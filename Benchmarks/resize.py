"""One resize at a time, Tessera's kernels beside Pillow and Pillow-SIMD, in turns: medians of CPU milliseconds.

    .oracle/pillow-13/bin/python Benchmarks/resize.py [ROUNDS]

Compiles Sources/CKernels with -O2, as a release build does, and times every set of loops that the machine has. The
tables are made anew for every resize, as crops vary. Checks that the bytes are Pillow's. Pillow-SIMD, which is not
exact, answers from a process of its own, if there is one:

    python3 -m venv .oracle/pillow-simd
    CC="gcc -mavx2" .oracle/pillow-simd/bin/pip install --no-binary pillow-simd pillow-simd numpy
"""
import ctypes
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
import PIL
from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parent.parent
PEER = ROOT / ".oracle/pillow-simd/bin/python"
FILTERS = {"bilinear": (1, Image.BILINEAR), "bicubic": (3, Image.BICUBIC), "lanczos": (4, Image.LANCZOS)}
LOOPS = {"avx512": 4, "avx2": 3, "neon": 5, "portable": 2, "scalar": 1}
SIZES = [((500, 375), (341, 256)), ((4000, 3000), (448, 336)), ((1500, 1000), (341, 256)), ((224, 224), (500, 375))]


class Request(ctypes.Structure):
    _fields_ = [("filter", ctypes.c_int32), ("in_width", ctypes.c_int32), ("in_height", ctypes.c_int32),
                ("box", ctypes.c_float * 4), ("out_width", ctypes.c_int32), ("out_height", ctypes.c_int32),
                ("channels", ctypes.c_int32), ("bytes_per_channel", ctypes.c_int32),
                ("vertical_first", ctypes.c_int32), ("clip_bytes", ctypes.c_int32), ("loops", ctypes.c_int32),
                ("kept", ctypes.c_int32 * 4), ("mirrored", ctypes.c_int32)]


def compiler():
    """Swift's clang, which compiles the package; else the system's compiler."""
    swift = shutil.which("swift")
    beside = pathlib.Path(swift).resolve().with_name("clang") if swift else None
    return str(beside) if beside and beside.exists() else shutil.which("clang") or "cc"


def library():
    folder = tempfile.mkdtemp()
    sources = [str(p) for p in sorted((ROOT / "Sources/CKernels").glob("*.c"))]
    subprocess.run([compiler(), "-O2", "-shared", "-fPIC", f"-I{ROOT}/Sources/CKernels/include", "-o",
                    f"{folder}/kernels.so", *sources, "-lm"], check=True)
    lib = ctypes.CDLL(f"{folder}/kernels.so")
    pointer, size = ctypes.c_void_p, ctypes.c_ssize_t
    lib.tk_resample_plan_new.restype = pointer
    lib.tk_resample_plan_free.argtypes = [pointer]
    lib.tk_resample_scratch_bytes.argtypes = [pointer]
    lib.tk_resample_scratch_bytes.restype = ctypes.c_size_t
    lib.tk_resample_run.argtypes = [pointer, pointer, size, pointer, size, pointer]
    return lib


class Ours:
    """A resize to be done again and again: arguments are ready, so that the time is the kernels'."""

    def __init__(self, lib, array, size, filter_number, loops):
        (h, w, c), (width, height) = array.shape, size
        # Pillow 13's rule: vertical first if the height shrinks by more than twice what the width does.
        vertical_first = h > height and h - height > 2 * (w - width)
        self.lib, self.array, self.out = lib, array, np.empty((height, width, c), np.uint8)
        self.request = Request(filter_number, w, h, (0, 0, w, h), width, height, c, 1, vertical_first, 0, loops)
        plan = lib.tk_resample_plan_new(ctypes.byref(self.request))
        self.scratch = np.empty(lib.tk_resample_scratch_bytes(plan) + 1, np.uint8)
        lib.tk_resample_plan_free(plan)
        self.reference = ctypes.byref(self.request)
        self.arguments = (array.ctypes.data, w * c, self.out.ctypes.data, width * c, self.scratch.ctypes.data)

    def tables(self):
        self.lib.tk_resample_plan_free(self.lib.tk_resample_plan_new(self.reference))

    def __call__(self):
        plan = self.lib.tk_resample_plan_new(self.reference)
        self.lib.tk_resample_run(plan, *self.arguments)
        self.lib.tk_resample_plan_free(plan)


def milliseconds(job, times):
    start = time.process_time()
    for _ in range(times):
        job()
    return 1000 * (time.process_time() - start) / times


def picture_of(w, h):
    return np.random.default_rng(0).integers(0, 256, (h, w, 3), dtype=np.uint8)


def answer():
    """The peer's side: a line `w h out_w out_h filter times` is answered by milliseconds."""
    print(PIL.__version__, flush=True)
    pictures = {}
    for line in sys.stdin:
        *numbers, name, times = line.split()
        w, h, *size = map(int, numbers)
        if (w, h) not in pictures:
            pictures = {(w, h): Image.fromarray(picture_of(w, h))}
        resize = lambda: pictures[w, h].resize(tuple(size), FILTERS[name][1])
        print(milliseconds(resize, int(times)), flush=True)


class Peer:
    """Pillow-SIMD in its process."""

    def __init__(self):
        self.process = subprocess.Popen([PEER, __file__, "--answer"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)
        self.version = self.process.stdout.readline().strip()

    def milliseconds(self, source, size, name, times):
        self.process.stdin.write(" ".join(map(str, [*source, *size, name, times])) + "\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())


def medians(lib, peer, sets, source, size, name, rounds):
    """Median milliseconds by job, after a check that the bytes are equal."""
    number, pillow_filter = FILTERS[name]
    array = picture_of(*source)
    picture = Image.fromarray(array)
    ours = {loops: Ours(lib, array, size, number, LOOPS[loops]) for loops in sets}
    want = np.asarray(picture.resize(size, pillow_filter))
    for loops, job in ours.items():
        job()
        if not np.array_equal(job.out, want):
            sys.exit(f"{name} {source} to {size}, {loops}: bytes differ")
    jobs = {"Pillow": lambda: picture.resize(size, pillow_filter), **ours, "tables": ours[sets[0]].tables}
    # As often as fills some milliseconds: else a round shows what the job before it left in the caches.
    times = max(1, 10_000_000 // (source[0] * source[1] + size[0] * size[1]))
    taken = {}
    for _ in range(rounds):
        for job, run in jobs.items():
            taken.setdefault(job, []).append(milliseconds(run, times))
        if peer:
            taken.setdefault("SIMD", []).append(peer.milliseconds(source, size, name, times))
    return {job: statistics.median(values) for job, values in taken.items()}


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    lib = library()
    peer = Peer() if PEER.exists() else None
    if not peer:
        print(f"no Pillow-SIMD: {PEER} does not exist", file=sys.stderr)
    sets = [name for name, number in LOOPS.items() if lib.tk_loops_available(number)]
    simd = f" and Pillow-SIMD {peer.version}" if peer else ""
    print(f"Pillow {PIL.__version__}{simd}; median CPU ms of {rounds} rounds in turns (RGB); tables included\n")
    print("| resize | filter | Pillow | Pillow-SIMD | " + " | ".join(sets) + " | of it tables | Pillow / "
          f"{sets[0]} | {sets[0]} / Pillow-SIMD |")
    print("|---" * (7 + len(sets)) + "|")
    for source, size in SIZES:
        for name in FILTERS:
            ms = medians(lib, peer, sets, source, size, name, rounds)
            best = ms[sets[0]]
            simd, ratio = (f"{ms['SIMD']:.3f}", f"{best / ms['SIMD']:.2f}") if peer else ("–", "–")
            columns = " | ".join(f"{ms[loops]:.3f}" for loops in sets)
            print(f"| {source[0]}×{source[1]} → {size[0]}×{size[1]} | {name} | {ms['Pillow']:.2f} | {simd} | {columns} "
                  f"| {ms['tables']:.3f} | {ms['Pillow'] / best:.1f} | {ratio} |", flush=True)


if sys.argv[1:] == ["--answer"]:
    answer()
else:
    main()
