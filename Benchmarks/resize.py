"""One resize at a time, Tessera's kernel beside Pillow, in turn, in one process: medians of CPU milliseconds.

    .oracle/pillow-13/bin/python Benchmarks/resize.py [ROUNDS]

Compiles Sources/CKernels with the C compiler's -O2, as a release build does. Checks that the bytes are equal.
"""
import ctypes
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
import PIL
from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parent.parent
FILTERS = {"bilinear": (1, Image.BILINEAR), "bicubic": (3, Image.BICUBIC), "lanczos": (4, Image.LANCZOS)}
LOOPS = {"best": 0, "scalar": 1}


class Request(ctypes.Structure):
    _fields_ = [("filter", ctypes.c_int32), ("in_width", ctypes.c_int32), ("in_height", ctypes.c_int32),
                ("box", ctypes.c_float * 4), ("out_width", ctypes.c_int32), ("out_height", ctypes.c_int32),
                ("channels", ctypes.c_int32), ("bytes_per_channel", ctypes.c_int32),
                ("vertical_first", ctypes.c_int32), ("clip_bytes", ctypes.c_int32), ("loops", ctypes.c_int32)]


def library():
    folder = tempfile.mkdtemp()
    sources = [str(p) for p in sorted((ROOT / "Sources/CKernels").glob("*.c"))]
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", f"-I{ROOT}/Sources/CKernels/include", "-o",
                    f"{folder}/kernels.so", *sources, "-lm"], check=True)
    lib = ctypes.CDLL(f"{folder}/kernels.so")
    lib.tk_resample_plan_new.restype = ctypes.c_void_p
    lib.tk_resample_scratch_bytes.restype = ctypes.c_size_t
    return lib


def ours(lib, array, width, height, filter_number, loops):
    h, w, c = array.shape
    # Pillow 13's rule: vertical first if the height shrinks by more than twice what the width does.
    vertical_first = h > height and h - height > 2 * (w - width)
    request = Request(filter_number, w, h, (0, 0, w, h), width, height, c, 1, vertical_first, 0, loops)
    plan = ctypes.c_void_p(lib.tk_resample_plan_new(ctypes.byref(request)))
    scratch = np.empty(lib.tk_resample_scratch_bytes(plan) + 64, np.uint8)
    out = np.empty((height, width, c), np.uint8)
    pointer = ctypes.c_void_p
    lib.tk_resample_run(plan, pointer(array.ctypes.data), ctypes.c_ssize_t(w * c), pointer(out.ctypes.data),
                        ctypes.c_ssize_t(width * c), pointer(scratch.ctypes.data))
    lib.tk_resample_plan_free(plan)
    return out


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    lib = library()
    random = np.random.default_rng(0)
    print(f"Pillow {PIL.__version__}; median CPU ms of {rounds} (RGB); ratio is Pillow / best\n")
    print("| resize | filter | Pillow | Tessera | its scalar loops | ratio |\n|---|---|---|---|---|---|")
    for (w, h), (ow, oh) in [((500, 375), (341, 256)), ((4000, 3000), (448, 336)), ((224, 224), (500, 375))]:
        array = random.integers(0, 256, (h, w, 3), dtype=np.uint8)
        picture = Image.fromarray(array)
        for name, (number, pillow_filter) in FILTERS.items():
            jobs = {"Pillow": lambda: np.asarray(picture.resize((ow, oh), pillow_filter))}
            for loops, code in LOOPS.items():
                jobs[loops] = lambda code=code: ours(lib, array, ow, oh, number, code)
            times = {job: [] for job in jobs}
            for _ in range(rounds):
                for job, run in jobs.items():
                    start = time.process_time()
                    run()
                    times[job].append(1000 * (time.process_time() - start))
            want = jobs["Pillow"]()
            if not all(np.array_equal(jobs[loops](), want) for loops in LOOPS):
                sys.exit(f"{name} {w}x{h} to {ow}x{oh}: bytes differ")
            p, b, s = (statistics.median(times[job]) for job in ("Pillow", "best", "scalar"))
            print(f"| {w}×{h} → {ow}×{oh} | {name} | {p:.2f} | {b:.2f} | {s:.2f} | {p / b:.2f} |")


main()
