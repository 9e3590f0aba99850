"""Writes golden.safetensors: the same tensors and cases always give the same bytes.

The safetensors package writes its metadata in an order that changes from run to run, and a golden copy that
changes by itself cannot show that the library did.
"""
import json
import pathlib
import struct

import numpy as np

DTYPES = {"uint8": "U8", "int32": "I32", "int64": "I64", "float16": "F16", "float32": "F32", "float64": "F64"}


def save(script, tensors, versions, cases):
    """Writes `tensors` (name to array), the libraries' `versions` and the list of `cases` beside `script`."""
    header = {"__metadata__": {"cases": json.dumps(cases), "versions": versions}}
    blobs, offset = [], 0
    for name in sorted(tensors, key=lambda n: (-np.asarray(tensors[n]).itemsize, n)):
        array = np.ascontiguousarray(tensors[name])
        blob = array.tobytes()
        header[name] = {"dtype": DTYPES[str(array.dtype)], "shape": list(array.shape),
                        "data_offsets": [offset, offset + len(blob)]}
        blobs.append(blob)
        offset += len(blob)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    target = pathlib.Path(script).with_name("golden.safetensors")
    target.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(blobs))
    print(f"{target.parent.name}: {len(cases)} cases, {target.stat().st_size} bytes; {versions}")
