"""Tessera's normal deviates in numpy: a second implementation of `noise.c`, from its description.

Element i takes lane i % 4 of Philox block i // 4; lanes 0 and 1 are the cosine and sine halves of Box-Muller on words
0 (radius) and 1 (angle), lanes 2 and 3 those on words 2 and 3. All steps are IEEE double, one operation at a time.
"""
import numpy as np


def philox(key, blocks):
    """Philox 4x32-10 of the counters `blocks` under `key` = (k0, k1, high0, high1, operation) as [4, blocks]."""
    mask = np.uint64(0xFFFFFFFF)
    number = np.arange(blocks, dtype=np.uint64)
    c = [number & mask, np.uint64(key[4]) + (number >> np.uint64(32)) & mask,
         np.full(blocks, key[2], np.uint64), np.full(blocks, key[3], np.uint64)]
    k0, k1 = key[0], key[1]
    for _ in range(10):
        a, b = c[0] * np.uint64(0xD2511F53), c[2] * np.uint64(0xCD9E8D57)
        c = [(b >> np.uint64(32)) ^ c[1] ^ np.uint64(k0), b & mask, (a >> np.uint64(32)) ^ c[3] ^ np.uint64(k1), a & mask]
        k0, k1 = k0 + 0x9E3779B9 & 0xFFFFFFFF, k1 + 0xBB67AE85 & 0xFFFFFFFF
    return np.stack(c)


def log(x):
    bits = x.view(np.uint64)
    fraction = bits & np.uint64(0xFFFFFFFFFFFFF)
    over = (fraction > np.uint64(0x6A09E667F3BCD)).astype(np.uint64)
    k = ((bits >> np.uint64(52)) + over).astype(np.float64) - 1023.0
    m = ((np.uint64(1023) - over) << np.uint64(52) | fraction).view(np.float64)
    s = (m - 1.0) / (m + 1.0)
    s2 = s * s
    total = np.float64(1.0 / 15)
    for d in (13, 11, 9, 7, 5, 3):
        total = total * s2 + 1.0 / d
    return k * float.fromhex("0x1.62e42fefa39efp-1") + (2.0 * s + 2.0 * s * s2 * total)


def cos_sin(quarters):
    sector = (quarters + 0.5).astype(np.int64)
    r = (quarters - sector) * float.fromhex("0x1.921fb54442d18p0")
    r2 = r * r
    s = -1.0 / 1307674368000
    for c in (1.0 / 6227020800, -1.0 / 39916800, 1.0 / 362880, -1.0 / 5040, 1.0 / 120, -1.0 / 6):
        s = s * r2 + c
    s = r + r * r2 * s
    c = 1.0 / 20922789888000
    for d in (-1.0 / 87178291200, 1.0 / 479001600, -1.0 / 3628800, 1.0 / 40320, -1.0 / 720, 1.0 / 24, -1.0 / 2):
        c = c * r2 + d
    c = 1.0 + r2 * c
    odd = sector % 2 == 1
    x, y = np.where(odd, s, c), np.where(odd, c, s)
    return np.where((sector + 1) & 2, -x, x), np.where(sector & 2, -y, y)


def normals(key, count):
    """The first `count` deviates as float64."""
    words = philox(key, (count + 3) // 4).astype(np.float64)
    lanes = []
    for radius, angle in ((words[0], words[1]), (words[2], words[3])):
        length = np.sqrt(-2.0 * log((radius + 1.0) * 2.0 ** -32))
        c, s = cos_sin(angle * 2.0 ** -30)
        lanes += [length * c, length * s]
    return np.stack(lanes, -1).ravel()[:count]


def text(key):
    """The key as Tessera prints it."""
    return "k" + "".join(f"{word:08x}" for word in key)
