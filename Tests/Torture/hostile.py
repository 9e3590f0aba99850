#!/usr/bin/env python3
"""Feeds hostile files to `tessera` and measures what they cost it.

    python3 Tests/Torture/hostile.py TESSERA [--only NAME ...] [--seconds 20] [--megabytes 200]

Bombs, endless chunks, headers beyond all numbers, aliases that explode: each must end in a result or an error that says what is
wrong, without a signal, within bounded time and memory, and nothing of a file may come raw to the terminal. Prints a table.
"""

import argparse
import os
import struct
import subprocess
import sys
import tempfile
import time
import zlib

GIB = 1 << 30


def chunk(kind, data=b""):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def header(width, height, depth=8, colour=2):
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))


def png(*middle, width=8, height=8, pixels=None):
    rows = (b"\0" + b"\x40" * 3 * width) * height
    data = chunk(b"IDAT", zlib.compress(rows)) if pixels is None else pixels
    return b"\x89PNG\r\n\x1a\n" + header(width, height) + b"".join(middle) + data + chunk(b"IEND")


def zeros(count):
    """A zlib stream of so many zeros: blocks of 16 MiB that know nothing of each other, so that one is made and repeated."""
    squeeze = zlib.compressobj(9)
    block = bytes(1 << 24)
    first = squeeze.compress(block) + squeeze.flush(zlib.Z_FULL_FLUSH)
    second = squeeze.compress(block) + squeeze.flush(zlib.Z_FULL_FLUSH)
    return first + second * ((count >> 24) - 1) + squeeze.flush()


def marker(code, data=b""):
    return bytes([0xFF, code]) + struct.pack(">H", len(data) + 2) + data


def jpeg(*middle, width=8, height=8, tail=b""):
    """The head of a JPEG, as far as its frame."""
    frame = struct.pack(">BHHB", 8, height, width, 1) + bytes([1, 0x11, 0])
    table = marker(0xDB, b"\0" + bytes([1] * 64))
    return b"\xff\xd8" + b"".join(middle) + table + marker(0xC0, frame) + tail


def tar_member(name, size=0, kind=b"0", field=None):
    block = bytearray(512)
    block[:len(name)] = name
    block[100:107] = b"0000644"
    block[124:136] = field if field is not None else b"%011o\0" % size
    block[156:157] = kind
    block[257:263] = b"ustar\0"
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def bombs():
    """Name, file's ending, bytes."""
    gigabyte = zeros(GIB)
    yield "PNG: zTXt of 1 GiB", "png", png(chunk(b"zTXt", b"k\0\0" + gigabyte))
    yield "PNG: iTXt of 1 GiB", "png", png(chunk(b"iTXt", b"k\0\1\0\0\0" + gigabyte))
    yield "PNG: iCCP of 1 GiB", "png", png(chunk(b"iCCP", b"k\0\0" + gigabyte))
    yield "PNG: pixels of 16 GiB for 8×8", "png", png(pixels=chunk(b"IDAT", zeros(16 * GIB)))
    yield "PNG: 10⁶ texts", "png", png(chunk(b"tEXt", b"k\0v") * 1_000_000)
    yield "PNG: 10⁶ chunks nobody knows", "png", png(chunk(b"abCd") * 1_000_000)
    noise = zlib.compress(b"".join(b"\0" + os.urandom(3 * 500) for _ in range(600)), 0)
    pieces = b"".join(chunk(b"IDAT", noise[i:i + 1]) for i in range(len(noise)))
    yield f"PNG: pixels in {len(noise)} chunks of a byte", "png", png(width=500, height=600, pixels=pieces)
    yield "PNG: 10⁶ empty IDAT", "png", png(pixels=chunk(b"IDAT") * 1_000_000)
    yield "PNG: 2³¹ − 1 pixels squared", "png", b"\x89PNG\r\n\x1a\n" + header(2**31 - 1, 2**31 - 1) + chunk(b"IDAT", b"x")
    yield "PNG: a chunk of 2³² − 1 bytes", "png", b"\x89PNG\r\n\x1a\n" + header(8, 8) + b"\xff\xff\xff\xffIDATxx"
    yield "JPEG: 65,535 squared", "jpg", jpeg(width=65535, height=65535)
    yield "JPEG: 10⁶ comments", "jpg", jpeg(marker(0xFE) * 1_000_000)
    yield "JPEG: 10⁶ fill bytes", "jpg", b"\xff\xd8" + b"\xff" * 1_000_000
    yield "JPEG: 10⁵ profiles", "jpg", jpeg(marker(0xE2, b"ICC_PROFILE\0\1\1") * 100_000)
    loop = b"MM\0*\0\0\0\x08" + b"\0\1" + struct.pack(">HHII", 0x8769, 4, 1, 8) + struct.pack(">I", 8)
    yield "JPEG: EXIF that leads to itself", "jpg", jpeg(marker(0xE1, b"Exif\0\0" + loop))
    scans = marker(0xDA, bytes([1, 1, 0, 0, 0, 0])) * 100_000
    yield "JPEG: 10⁵ scans", "jpg", jpeg(tail=scans).replace(b"\xff\xc0", b"\xff\xc2")
    yield "BMP: 2³¹ − 1 pixels squared", "bmp", b"BM" + struct.pack("<IHHI", 60, 0, 0, 54) + struct.pack(
        "<IiiHHIIiiII", 40, 2**31 - 1, -2**31, 1, 24, 0, 0, 0, 0, 0, 0)
    yield "PNM: sizes beyond all numbers", "ppm", b"P6 " + b"9" * 1000 + b" 1 255\n"
    yield "PNM: a comment of 64 MB", "ppm", b"P6 #" + b"x" * (1 << 26)
    yield "WebP: a container of 2³² bytes", "webp", b"RIFF\xff\xff\xff\xffWEBPVP8X\xff\xff\xff\xff" + b"\0" * 3 + b"\xff" * 10
    yield "tar: 10⁵ empty members", "tar", b"".join(tar_member(b"%d.txt" % i) for i in range(100_000)) + bytes(1024)
    yield "tar: a member of 2⁶³ bytes", "tar", tar_member(b"a.jpg", field=b"\x80\0\0\0\x7f" + b"\xff" * 7) + bytes(1024)
    yield "tar: a name of 1 GiB", "tar", tar_member(b"././@LongLink", GIB, b"L") + bytes(1024)
    records = b"".join(b"%d path=%s\n" % (1009, b"x" * 998) for _ in range(50_000))
    yield "tar: PAX records of 50 MB", "tar", tar_member(b"p", len(records), b"x") + records.ljust(-(-len(records) // 512) * 512, b"\0") \
        + tar_member(b"a.txt") + bytes(1024)
    yield "tar: names that lead out, with escape codes", "tar", b"".join(tar_member(n) for n in (
        b"../../x.txt", b"/etc/x.txt", b"a\x1b[31m\n.txt", b"..")) + tar_member(b"l.txt", kind=b"2") + tar_member(b"d.txt", kind=b"3") + bytes(1024)
    npy = b"\x93NUMPY\x01\0"
    yield "npy: 2⁶³ elements", "npy", npy + struct.pack("<H", 118) + (
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 2147483648), }").ljust(117) + b"\n"
    yield "npy: a header of 4 GiB", "npy", b"\x93NUMPY\x02\0\xff\xff\xff\xff{"
    yield "safetensors: a header of 2⁶³ bytes", "safetensors", b"\xff" * 7 + b"\x7f{}"
    yield "safetensors: 10⁷ brackets", "safetensors", struct.pack("<Q", 10_000_000) + b"[" * 10_000_000
    deep = "a0: &a0 [1, 1]\n" + "".join(f"a{i}: &a{i} [" + ", ".join([f"*a{i - 1}"] * 9) + "]\n" for i in range(1, 30))
    yield "YAML: aliases of aliases", "yaml", deep.encode()
    yield "YAML: 10⁶ brackets", "yaml", b"[" * 1_000_000
    yield "pipeline: 10⁶ brackets", "txt", b"random_apply([" * 70_000
    yield "list: JSON of 10⁷ brackets", "jsonl", b'{"image": ' + b"[" * 10_000_000 + b"\n"
    yield "list: a line of 64 MB", "jsonl", b'{"image": "' + b"x" * (1 << 26) + b'"}\n'


def commands(tessera, path, folder, photos):
    out = f"{folder}/out"
    if path.endswith((".yaml", ".txt")):
        return [[tessera, "preprocess", photos, out, "--pipeline", path]]
    if path.endswith((".npy", ".safetensors")):
        return [[tessera, "stats", path], [tessera, "bench", path, "--threads", "1"]]
    if path.endswith((".tar", ".jsonl")):
        return [[tessera, "stats", path], [tessera, "preprocess", path, out, "--preset", "imagenet-eval", "--on-error", "skip"]]
    return [[tessera, "inspect", path],
            [tessera, "preprocess", path, out, "--preset", "imagenet-eval", "--on-error", "skip", "--icc", "srgb"]]


def measure(command, seconds):
    began = time.time()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    # The kernel ends what takes too long; what it says is short enough for the pipe, or is read to its end here.
    killer = subprocess.Popen(["sh", "-c", f"sleep {seconds * 3}; kill -9 {process.pid}"], stderr=subprocess.DEVNULL)
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    killer.kill()
    killer.wait()
    return process.returncode, said, time.time() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def make(place, only):
    for number, (name, ending, data) in enumerate(bombs()):
        if not any(word in name for word in only):
            continue
        folder = f"{place}/{number:03}"
        os.mkdir(folder)
        with open(f"{folder}/file.{ending}", "wb") as f:
            f.write(data)
        with open(f"{folder}/name", "w", encoding="utf-8") as f:
            f.write(name)


def look(arguments, name, folder, path):
    """What is wrong with how a file was taken."""
    faults = []
    for command in commands(arguments.tessera, path, folder, arguments.photos):
        status, said, _, cpu, memory = measure(command, arguments.seconds)
        print(f"| {name} | {os.path.getsize(path):,} | {command[1]} | {status} | {cpu:.2f} | {memory / 1e6:.0f} |", flush=True)
        def fault(what):
            faults.append(f"{command[1]}: {what}\n    {said[-300:]!r}")
        if status < 0 or status > 64:
            fault(f"ended by {status}")
        if status != 0 and not said.strip():
            fault("says nothing")
        if cpu > arguments.seconds:
            fault(f"{cpu:.1f} s")
        if memory > arguments.megabytes * 1e6:
            fault(f"{memory / 1e6:.0f} MB")
        if b"\x1b" in said or len(said) > 20_000:
            fault(f"says {len(said)} bytes, escape codes: {said.count(0x1B)}")
        own = (os.path.basename(path), os.path.basename(path) + ".index", "name", "out")
        outside = [n for n in os.listdir(folder) if n not in own]
        if outside:
            fault(f"left {outside}")
    return faults


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tessera")
    parser.add_argument("--only", nargs="+", default=[""])
    parser.add_argument("--seconds", type=float, default=20, help="processor time that a command may take")
    parser.add_argument("--megabytes", type=float, default=200)
    parser.add_argument("--make", help="only write the files, into this folder")
    parser.add_argument("--photos", default="samples/photos/food")
    arguments = parser.parse_args()
    if arguments.make:
        make(arguments.make, arguments.only)
        return
    faults = []
    print("| file | bytes | command | ends with | processor s | MB |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="hostile-") as place:
        # Made by another process: a child's peak begins with what its parent had when it was forked.
        subprocess.run([sys.executable, __file__, arguments.tessera, "--make", place, "--only", *arguments.only], check=True)
        for number in sorted(os.listdir(place)):
            folder = f"{place}/{number}"
            with open(f"{folder}/name", encoding="utf-8") as f:
                name = f.read()
            path = next(f"{folder}/{n}" for n in os.listdir(folder) if n.startswith("file."))
            faults += [f"{name}: {fault}" for fault in look(arguments, name, folder, path)]
    for fault in faults:
        print(fault, file=sys.stderr)
    if faults:
        sys.exit(f"{len(faults)} faults")


if __name__ == "__main__":
    main()
