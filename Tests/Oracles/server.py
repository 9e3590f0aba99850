"""Runs Python snippets for the Swift tests: what the real Pillow and numpy say.

Request and reply: a 4-byte little-endian length, a JSON header, then the blobs that the header lists.
A snippet sees `np`, `PIL`, `Image` and all of Pillow's usual modules, its inputs by name, and sets `out`.
"""
import io
import json
import struct
import sys
import traceback

import numpy as np
import PIL
from PIL import (Image, ImageChops, ImageCms, ImageDraw, ImageEnhance, ImageFile, ImageFilter,  # noqa: F401
                 ImageOps, ImageStat)

MODES = {"L": (1, np.uint8), "LA": (2, np.uint8), "RGB": (3, np.uint8), "RGBA": (4, np.uint8),
         "CMYK": (4, np.uint8), "I;16": (1, np.uint16)}


class Picture(np.ndarray):
    """An array [H, W, C] that remembers the picture's mode."""


def image(array, mode=None):
    """The PIL picture of an input."""
    mode = mode or getattr(array, "mode", None)
    array = np.asarray(array)
    if mode is None:
        mode = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}[array.shape[2] if array.ndim == 3 else 1]
        mode = "I;16" if array.dtype == np.uint16 else mode
    height, width = array.shape[:2]
    return Image.frombytes(mode, (width, height), np.ascontiguousarray(array).tobytes())


def read_input(item, blob):
    kind = item["kind"]
    if kind == "json":
        return item["value"]
    if kind == "bytes":
        return blob
    if kind == "array":
        return np.frombuffer(blob, dtype=item["dtype"]).reshape(item["shape"])
    channels, dtype = MODES[item["mode"]]
    array = np.frombuffer(blob, dtype=dtype).reshape(item["height"], item["width"], channels).view(Picture)
    array.mode = item["mode"]
    return array


def describe(out):
    if isinstance(out, Image.Image):
        if out.mode not in MODES:
            raise ValueError(f"reply picture of mode {out.mode}")
        return {"kind": "image", "mode": out.mode, "width": out.width, "height": out.height}, out.tobytes()
    if isinstance(out, (bytes, bytearray)):
        return {"kind": "bytes"}, bytes(out)
    if isinstance(out, np.ndarray):
        out = np.ascontiguousarray(out)
        return {"kind": "array", "dtype": str(out.dtype), "shape": list(out.shape)}, out.tobytes()
    return {"kind": "json", "value": out}, b""


def exact(stream, count):
    data = stream.read(count)
    if len(data) != count:
        sys.exit(0)
    return data


def main():
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr
    while True:
        header = json.loads(exact(source, struct.unpack("<I", exact(source, 4))[0]))
        scope = {"np": np, "PIL": PIL, "io": io, "json": json, "struct": struct, "image": image}
        scope.update({k: v for k, v in globals().items() if k.startswith("Image")})
        for item in header["inputs"]:
            scope[item["name"]] = read_input(item, exact(source, item.get("bytes", 0)))
        try:
            exec(header["code"], scope)  # the snippets are this repository's own tests
            reply, blob = describe(scope["out"])
        except BaseException:
            reply, blob = {"kind": "error", "value": traceback.format_exc()}, b""
        reply["bytes"] = len(blob)
        text = json.dumps(reply).encode()
        sink.write(struct.pack("<I", len(text)) + text + blob)
        sink.flush()


main()
