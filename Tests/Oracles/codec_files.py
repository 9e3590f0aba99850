"""Picture files of every odd kind, made by hand or by Pillow, and what Pillow reads out of them.

The codec tests import this in the oracle's process. A family is a list of (name, bytes); `pack` adds what Pillow
says of each. All randomness is seeded.
"""

import io
import json
import struct
import warnings
import zlib

import numpy as np
from PIL import Image, ImageCms, ImageFile, ImageOps

warnings.simplefilter("ignore")


def photo(width, height, channels, seed=0):
    """Ramps with noise, [H, W, C] (or [H, W] for one channel)."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    planes = [x * (k + 1) * 200 // max(width, 1) + y * 90 * (3 - k) // max(height, 1) for k in range(channels)]
    pixels = np.stack(planes, -1) + random.integers(-8, 8, (height, width, channels))
    pixels = (pixels & 255).astype(np.uint8)
    return pixels[:, :, 0] if channels == 1 else pixels


def picture(width, height, mode, seed=0):
    channels = {"L": 1, "RGB": 3, "RGBA": 4, "CMYK": 4, "LA": 2}[mode]
    pixels = photo(width, height, channels, seed)
    return Image.fromarray(pixels, mode) if mode == "CMYK" else Image.fromarray(pixels)


def save(image, format, **options):
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


def exif(orientation=None, **tags):
    block = Image.Exif()
    if orientation is not None:
        block[274] = orientation
    for tag, value in tags.items():
        block[int(tag[1:])] = value
    return block


# PNG -----------------------------------------------------------------------------------------------------------


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def png(width, height, depth, kind, interlaced=0, transparent=False, before=b"", after=b"", seed=0):
    """Random samples under random filters; the data split into several IDAT chunks."""
    random = np.random.default_rng(seed)
    samples = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[kind]

    def rows(w, h):
        length = (w * samples * depth + 7) // 8
        return b"".join(
            bytes([int(random.integers(0, 5))]) + random.integers(0, 256, length, dtype=np.uint8).tobytes()
            for _ in range(h)
        )

    if interlaced:
        raw = b""
        for x, y, dx, dy in ADAM7:
            w, h = (width - x + dx - 1) // dx, (height - y + dy - 1) // dy
            if w > 0 and h > 0:
                raw += rows(w, h)
    else:
        raw = rows(width, height)
    extra = b""
    if kind == 3:
        colours = min(1 << depth, 200)
        extra += chunk(b"PLTE", random.integers(0, 256, 3 * colours, dtype=np.uint8).tobytes())
    if transparent and kind == 3:
        extra += chunk(b"tRNS", random.integers(0, 256, min(1 << depth, 100), dtype=np.uint8).tobytes())
    elif transparent and kind in (0, 2):
        key = [int(v) for v in random.integers(0, 1 << depth, samples)]
        extra += chunk(b"tRNS", struct.pack(f">{samples}H", *key))
    packed = zlib.compress(raw)
    step = max(1, len(packed) // 3)
    data = b"".join(chunk(b"IDAT", packed[i : i + step]) for i in range(0, len(packed), step))
    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, interlaced)
    signature = b"\x89PNG\r\n\x1a\n"
    return signature + chunk(b"IHDR", header) + before + extra + data + after + chunk(b"IEND", b"")


PNG_KINDS = [(0, 1), (0, 2), (0, 4), (0, 8), (0, 16), (2, 8), (2, 16), (3, 1), (3, 2), (3, 4), (3, 8),
             (4, 8), (4, 16), (6, 8), (6, 16)]


def png_family():
    for kind, depth in PNG_KINDS:
        for interlaced in (0, 1):
            for transparent in (False, True):
                for w, h in ((1, 1), (3, 2), (33, 17), (300, 9)):
                    name = f"type {kind}, {depth} bit, Adam7 {interlaced}, tRNS {transparent}, {w}x{h}"
                    yield name, png(w, h, depth, kind, interlaced, transparent, seed=w + depth)
    xmp = b'<x tiff:Orientation="8"/>'
    raw = exif(5).tobytes()
    hexed = b"\nexif\n%8d\n%s\n" % (len(raw), raw.hex().encode())
    metadata = {
        "eXIf": chunk(b"eXIf", exif(6).tobytes()[6:]),
        "XMP": chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp),
        "deflated XMP": chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(xmp)),
        "raw profile": chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(hexed)),
        "pHYs": chunk(b"pHYs", struct.pack(">IIB", 2835, 3000, 1)),
        "aspect": chunk(b"pHYs", struct.pack(">IIB", 1, 2, 0)),
        "eXIf without a number": chunk(b"eXIf", exif(9).tobytes()[6:]),
        "gAMA": chunk(b"gAMA", struct.pack(">I", 45455)),
        "iCCP": chunk(b"iCCP", b"x\0\0" + zlib.compress(profile_rgb())),
    }
    for name, data in metadata.items():
        yield f"{name} before", png(9, 7, 8, 2, before=data)
        if name not in ("pHYs", "aspect", "gAMA", "iCCP"):
            yield f"{name} after", png(9, 7, 8, 2, after=data)
    frames = [picture(20, 10, "RGBA", s) for s in range(3)]
    yield "APNG", save(frames[0], "PNG", save_all=True, append_images=frames[1:])
    yield "APNG, default", save(frames[0], "PNG", save_all=True, append_images=frames[1:], default_image=True)
    yield "short palette", png(8, 3, 8, 3)
    good = png(40, 30, 8, 2)
    at = good.rindex(b"IDAT")
    yield "no IEND", good[:-12]
    yield "no adler", good[:-12 - 4 - 2]
    yield "IDAT checksum", good[:-13] + bytes([good[-13] ^ 1]) + good[-12:]
    yield "IHDR checksum", good[:29] + bytes([good[29] ^ 1]) + good[30:]
    yield "bad data", good[: at + 5] + bytes([good[at + 5] ^ 255]) + good[at + 6 :]


# JPEG ----------------------------------------------------------------------------------------------------------


def frame_header(data):
    at = 2
    while data[at + 1] not in (0xC0, 0xC1, 0xC2):
        at += 2 + struct.unpack(">H", data[at + 2 : at + 4])[0]
    return at


def resampled(data, factors, width, height):
    """Edits size and luma's sampling factors; the number of blocks in a unit must stay the same."""
    edited = bytearray(data)
    at = frame_header(data)
    edited[at + 5 : at + 9] = struct.pack(">HH", height, width)
    edited[at + 11] = factors
    return bytes(edited)


def jpeg_family():
    for w, h in ((1, 1), (17, 9), (64, 33), (131, 77)):
        rgb = picture(w, h, "RGB", w)
        for progressive in (False, True):
            for sampling in (0, 1, 2):
                options = dict(subsampling=sampling, progressive=progressive)
                name = f"{w}x{h}, sampling {sampling}, progressive {progressive}"
                yield name, save(rgb, "JPEG", quality=20 + w % 80, exif=exif(1 + w % 8), **options)
                yield f"{name}, restarts", save(rgb, "JPEG", restart_marker_blocks=3, dpi=(100, 200), **options)
            yield f"{w}x{h} gray", save(picture(w, h, "L"), "JPEG", progressive=progressive)
            cmyk = save(picture(w, h, "CMYK"), "JPEG", progressive=progressive)
            yield f"{w}x{h} CMYK", cmyk
            at = cmyk.index(b"Adobe") + 11
            yield f"{w}x{h} YCCK", cmyk[:at] + b"\2" + cmyk[at + 1 :]
        yield f"{w}x{h} RGB", save(rgb, "JPEG", keep_rgb=True)
    for progressive in (False, True):
        # A 64x64 picture of 4:2:0 has 16 units of 4 + 2 blocks; with other factors they cover other shapes.
        quarter = save(picture(64, 64, "RGB"), "JPEG", subsampling=2, progressive=progressive)
        yield "4:1:1", resampled(quarter, 0x41, 128, 32)
        yield "1x4", resampled(quarter, 0x14, 32, 128)
        yield "4:1:1, cropped", resampled(quarter, 0x41, 121, 29)
        half = save(picture(64, 64, "RGB"), "JPEG", subsampling=1, progressive=progressive)
        yield "4:4:0", resampled(half, 0x12, 32, 128)
        yield "4:4:0, cropped", resampled(half, 0x12, 27, 123)
    # 4:1:0 has eight blocks of luma: the data end early, and libjpeg fills.
    yield "4:1:0", resampled(save(picture(64, 64, "RGB"), "JPEG", subsampling=2), 0x42, 64, 40)
    rgb = picture(20, 10, "RGB")
    yield "dots from EXIF", drop_jfif(save(rgb, "JPEG", exif=exif(3, t282=200.0, t283=100.0, t296=2)))
    yield "dots a cm from EXIF", drop_jfif(save(rgb, "JPEG", exif=exif(3, t282=100.0, t283=100.0, t296=3)))
    yield "EXIF without dots", drop_jfif(save(rgb, "JPEG", exif=exif(7)))
    packet = b'<a><tiff:Orientation>6</tiff:Orientation></a>'
    yield "XMP", save(rgb, "JPEG", xmp=packet)
    yield "XMP behind EXIF", save(rgb, "JPEG", xmp=packet, exif=exif(None, t305="x"))
    yield "EXIF before XMP", save(rgb, "JPEG", xmp=packet, exif=exif(2))
    yield "big profile", save(rgb, "JPEG", icc_profile=bytes(150_000))
    yield "junk between", junk(save(rgb, "JPEG"))
    yield "bytes behind", save(rgb, "JPEG") + b"more"
    yield "no end marker", save(rgb, "JPEG")[:-2]


def drop_jfif(data):
    return data[:2] + data[20:]


def junk(data):
    return data[:20] + b"\0junk\xff\xff" + data[20:]


# WebP ----------------------------------------------------------------------------------------------------------


def webp_family():
    for w, h in ((1, 1), (17, 9), (131, 77)):
        for mode in ("RGB", "RGBA"):
            image = picture(w, h, mode, w)
            yield f"{w}x{h} {mode}", save(image, "WEBP")
            yield f"{w}x{h} {mode} lossless", save(image, "WEBP", lossless=True)
            yield f"{w}x{h} {mode} exact", save(image, "WEBP", lossless=True, exact=True, exif=exif(6))
            yield f"{w}x{h} {mode} metadata", save(
                image, "WEBP", quality=50, alpha_quality=30, exif=exif(8), icc_profile=profile_rgb())
    frames = [picture(20, 10, "RGBA", s) for s in range(3)]
    yield "animated", save(frames[0], "WEBP", save_all=True, append_images=frames[1:])
    xmp = b'<x tiff:Orientation="5"/>'
    yield "XMP", save(frames[0], "WEBP", xmp=xmp)


# BMP -----------------------------------------------------------------------------------------------------------


def palette(colours, entry=4, gray=False, seed=0):
    random = np.random.default_rng(seed)
    return b"".join(
        (bytes([i] * 3) if gray else random.integers(0, 256, 3, dtype=np.uint8).tobytes()) + b"\0" * (entry - 3)
        for i in range(colours))


def bmp(w, h, bits, compression=0, header=40, top_down=False, colours=0, table=b"", data=None, masks=None,
        offset=None, metre=(0, 0)):
    stored = -h & 0xFFFFFFFF if top_down else h
    if header == 12:
        head = struct.pack("<IHHHH", 12, w, h, 1, bits)
    else:
        head = struct.pack("<IIIHHIIIIII", header, w, stored, 1, bits, compression, 0, *metre, colours, 0)
        if header >= 52:
            head += struct.pack("<3I", *(masks or (0, 0, 0))[:3])
        if header >= 56:
            head += struct.pack("<I", masks[3] if masks and len(masks) > 3 else 0)
        head = head.ljust(header, b"\0")
    if compression == 3 and header < 52:
        head += struct.pack("<3I", *masks[:3])
    if data is None:
        data = np.random.default_rng(w).integers(0, 256, (w * bits + 31) // 32 * 4 * h, dtype=np.uint8).tobytes()
    at = 14 + len(head) + len(table) if offset is None else offset
    return b"BM" + struct.pack("<IHHI", 0, 0, 0, at) + head + table + data


MASKS_32 = [(0xFF0000, 0xFF00, 0xFF, 0), (0xFF000000, 0xFF0000, 0xFF00, 0), (0xFF000000, 0xFF00, 0xFF, 0),
            (0xFF000000, 0xFF0000, 0xFF00, 0xFF), (0xFF, 0xFF00, 0xFF0000, 0xFF000000),
            (0xFF0000, 0xFF00, 0xFF, 0xFF000000), (0xFF000000, 0xFF00, 0xFF, 0xFF0000), (0, 0, 0, 0), (1, 2, 3, 4)]
MASKS_16 = [(0xF800, 0x7E0, 0x1F), (0x7C00, 0x3E0, 0x1F), (0xF00, 0xF0, 0xF)]


def run_lengths(w, h, bits, random):
    out = b""
    for _ in range(h):
        x = 0
        while x < w:
            n = int(min(w - x, random.integers(1, 9)))
            if random.integers(0, 3) == 0 or n < 3:
                out += bytes([n, int(random.integers(0, 256))])
            else:
                length = n if bits == 8 else (n + 1) // 2
                out += bytes([0, n]) + random.integers(0, 256, length, dtype=np.uint8).tobytes()
                out += b"\0" * (length % 2)
            x += n
        out += b"\0\0"
    return out + b"\0\1"


def bmp_family():
    random = np.random.default_rng(3)
    for w, h in ((1, 1), (5, 3), (33, 17)):
        for down in (False, True):
            for header in (40, 52, 56, 64, 108, 124):
                name = f"{w}x{h}, header {header}, top-down {down}"
                for bits, n in ((1, 2), (4, 16), (8, 256), (8, 10)):
                    few = 0 if n == 1 << bits else n
                    yield f"{name}, {bits} bit, {n} colours", bmp(
                        w, h, bits, 0, header, down, few, palette(n), metre=(2835, 3000))
                for bits in (16, 24, 32):
                    yield f"{name}, {bits} bit", bmp(w, h, bits, 0, header, down)
                for masks in MASKS_32:
                    yield f"{name}, {masks}", bmp(w, h, 32, 3, header, down, masks=masks)
                for masks in MASKS_16:
                    yield f"{name}, {masks}", bmp(w, h, 16, 3, header, down, masks=masks)
            yield f"{w}x{h} gray", bmp(w, h, 8, 0, 40, down, table=palette(256, gray=True))
            yield f"{w}x{h} black, white", bmp(w, h, 1, 0, 40, down, table=b"\0\0\0\0\xff\xff\xff\0")
            yield f"{w}x{h} white, black", bmp(w, h, 1, 0, 40, down, table=b"\xff\xff\xff\0\0\0\0\0")
            for trial in range(4):
                eight, four = palette(256), palette(16)
                name = f"{w}x{h}, top-down {down}, run lengths {trial}"
                yield f"{name}, 8", bmp(w, h, 8, 1, 40, down, table=eight, data=run_lengths(w, h, 8, random))
                yield f"{name}, 4", bmp(w, h, 4, 2, 40, down, table=four, data=run_lengths(w, h, 4, random))
                noise = random.integers(0, 6, 400, dtype=np.uint8).tobytes()
                yield f"{name}, 8, noise", bmp(w, h, 8, 1, 40, down, table=eight, data=noise)
                yield f"{name}, 4, noise", bmp(w, h, 4, 2, 40, down, table=four, data=noise)
        for bits, n in ((1, 2), (4, 16), (8, 256)):
            yield f"{w}x{h} OS/2, {bits} bit", bmp(w, h, bits, header=12, table=palette(n, 3))
        yield f"{w}x{h} OS/2, 24 bit", bmp(w, h, 24, header=12)
        yield f"{w}x{h} without an offset", bmp(w, h, 8, table=palette(256), offset=0)
        yield f"{w}x{h} offset before the palette", bmp(w, h, 8, table=palette(256), offset=54)


# PNM -----------------------------------------------------------------------------------------------------------


def pnm_family():
    random = np.random.default_rng(4)
    for w, h in ((1, 1), (7, 3), (33, 17)):
        for top in (1, 7, 100, 254, 255, 256, 1000, 65534, 65535):
            wide = 2 if top > 255 else 1
            raw = random.integers(0, 256, w * h * 3 * wide, dtype=np.uint8).tobytes()
            values = [int(v) for v in random.integers(0, top + 1, w * h * 3)]
            yield f"P5 {w}x{h} of {top}", b"P5\n# c\n%d %d\n%d\n" % (w, h, top) + raw[: w * h * wide]
            yield f"P6 {w}x{h} of {top}", b"P6 %d\t%d %d\n" % (w, h, top) + raw
            gray = values[: w * h]
            plain = b" ".join(b"%d" % v for v in gray)
            yield f"P2 {w}x{h} of {top}", b"P2\n%d %d #x\n%d\n" % (w, h, top) + plain + b"\n"
            yield f"P2 {w}x{h} of {top}, short", b"P2\n%d %d\n%d\n" % (w, h, top) + plain[:-6]
            notes = b" ".join(b"%d #q\n" % v if v % 3 else b"%d#a\r" % v for v in gray)
            yield f"P2 {w}x{h} of {top}, comments", b"P2\n%d %d\n%d\n" % (w, h, top) + notes
            colour = b"\n".join(b"%d" % v for v in values)
            yield f"P3 {w}x{h} of {top}", b"P3\n%d %d\n%d\n# hi\n" % (w, h, top) + colour
            yield f"P3 {w}x{h} over {top}", b"P3\n%d %d\n%d\n" % (w, h, max(1, top - 1)) + colour
        bits = random.integers(0, 256, (w + 7) // 8 * h, dtype=np.uint8).tobytes()
        yield f"P4 {w}x{h}", b"P4\n%d %d\n" % (w, h) + bits
        digits = random.integers(0, 4, w * h * 4)
        yield f"P1 {w}x{h}", b"P1\n%d %d\n" % (w, h) + b"".join(b"01 \n"[v : v + 1] for v in digits)
        yield f"P1 {w}x{h} with a 2", b"P1\n%d %d\n" % (w, h) + b"".join(b"012"[v % 3 : v % 3 + 1] for v in digits)
    rest = b"x" * 100
    for head in (b"P5\n0 3\n255\n", b"P5\n3 3\n0\n", b"P5\n3 3\n65536\n", b"P5\n3 -3 255\n", b"P5\n12345678901 3 255\n",
                 b"P5#c\n3 3 255\n", b"P5\n1#a\n2 3 255\n", b"P5\n3 3 255"):
        yield repr(head), head + rest


# Colour profiles -----------------------------------------------------------------------------------------------


def fixed(value):
    return struct.pack(">i", round(value * 65536))


def xyz(*values):
    return b"XYZ \0\0\0\0" + b"".join(fixed(v) for v in values)


def gamma(value):
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(value * 256))


def profile(kind, space, connection, tags):
    text = b"desc\0\0\0\0" + struct.pack(">I", 2) + b"t\0" + b"\0" * 78
    tags = dict(desc=text, cprt=b"text\0\0\0\0none\0", wtpt=xyz(0.9642, 1, 0.8249), **tags)
    offset = 132 + 12 * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    for name, value in tags.items():
        value += b"\0" * (-len(value) % 4)
        table += name.encode() + struct.pack(">II", offset + len(body), len(value))
        body += value
    head = struct.pack(">I4xI4s4s4s", 128 + len(table) + len(body), 0x02400000, kind, space, connection)
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + xyz(0.9642, 1, 0.8249)[8:]
    return head.ljust(128, b"\0") + table + body


def profile_rgb(power=2.2):
    """A wide-gamut display."""
    curves = {name: gamma(power) for name in ("rTRC", "gTRC", "bTRC")}
    return profile(b"mntr", b"RGB ", b"XYZ ", dict(
        rXYZ=xyz(0.60974, 0.31111, 0.01947), gXYZ=xyz(0.20528, 0.62567, 0.06087),
        bXYZ=xyz(0.14919, 0.06322, 0.74457), **curves))


def profile_gray(power=1.8):
    return profile(b"mntr", b"GRAY", b"XYZ ", dict(kTRC=gamma(power)))


def profile_cmyk():
    """A printer as a table of 2 × 2 × 2 × 2 colours."""
    table = b""
    for index in range(16):
        c, m, y, k = index >> 3 & 1, index >> 2 & 1, index >> 1 & 1, index & 1
        light = 100 * (1 - k) * (1 - 0.25 * c) * (1 - 0.4 * m) * (1 - 0.08 * y)
        a, b = (-35 * c + 70 * m - 5 * y) * (1 - k), (-50 * c - 5 * m + 85 * y) * (1 - k)
        table += bytes(max(0, min(255, round(v))) for v in (light * 2.55, a + 128, b + 128))
    straight = bytes(range(256))
    lut = b"mft1\0\0\0\0" + bytes([4, 3, 2, 0]) + b"".join(fixed(v) for v in (1, 0, 0, 0, 1, 0, 0, 0, 1))
    return profile(b"prtr", b"CMYK", b"Lab ", dict(A2B0=lut + straight * 4 + table + straight * 3))


def profile_family():
    """(name, file); the reply's pixels are converted to sRGB by ImageCms."""
    random = np.random.default_rng(5)
    for mode, data in (("RGB", profile_rgb()), ("RGB", profile_rgb(1.8)), ("RGBA", profile_rgb()),
                       ("L", profile_gray()), ("CMYK", profile_cmyk())):
        channels = {"L": 1, "RGB": 3}.get(mode, 4)
        pixels = random.integers(0, 256, (60, 80, channels), dtype=np.uint8).squeeze()
        image = Image.fromarray(pixels, mode) if mode == "CMYK" else Image.fromarray(pixels)
        if mode != "RGBA":
            yield f"JPEG {mode}", save(image, "JPEG", quality=100, icc_profile=data)
        if mode != "CMYK":
            yield f"PNG {mode}", save(image, "PNG", icc_profile=data)
        if mode in ("RGB", "RGBA"):
            yield f"WebP {mode}", save(image, "WEBP", lossless=True, icc_profile=data)


# Damage --------------------------------------------------------------------------------------------------------


def good_files():
    """Small good files of many kinds, to be cut and edited."""
    w, h = 40, 30
    rgb, rgba = picture(w, h, "RGB"), picture(w, h, "RGBA")
    runs = b"".join(bytes([20, i, 20, i + 1, 0, 0]) for i in range(h)) + b"\0\1"
    gray = photo(w, h, 1)
    return {
        "JPEG": save(rgb, "JPEG"), "JPEG restarts": save(rgb, "JPEG", restart_marker_blocks=2),
        "JPEG gray": save(picture(w, h, "L"), "JPEG"), "JPEG CMYK": save(picture(w, h, "CMYK"), "JPEG"),
        "JPEG EXIF": save(rgb, "JPEG", exif=exif(6)), "JPEG progressive": save(rgb, "JPEG", progressive=True),
        "PNG": save(rgb, "PNG"), "PNG RGBA": save(rgba, "PNG", exif=exif(6)),
        "PNG palette": png(w, h, 8, 3, 0, True), "PNG Adam7": png(w, h, 8, 2, 1),
        "PNG 16": png(w, h, 16, 0), "PNG 16 alpha": png(w, h, 16, 4, 1), "PNG 1": png(w, h, 1, 0),
        "PNG 4 palette": png(w, h, 4, 3, 1, True),
        "WebP": save(rgb, "WEBP"), "WebP lossless": save(rgba, "WEBP", lossless=True),
        "WebP alpha": save(rgba, "WEBP", exif=exif(6)),
        "BMP": bmp(w, h, 24), "BMP palette": bmp(w, h, 8, table=palette(256)),
        "BMP runs": bmp(w, h, 8, 1, table=palette(256), data=runs),
        "BMP 565": bmp(w, h, 16, 3, masks=MASKS_16[0]),
        "P6": b"P6 40 30 255\n" + rgb.tobytes(), "P5 16": b"P5 40 30 65535\n" + photo(w, h, 2).tobytes(),
        "P5 200": b"P5 40 30 200\n" + gray.tobytes(), "P4": b"P4 40 30\n" + photo(5, h, 1).tobytes(),
        "P2": b"P2\n40 30\n255\n" + b" ".join(b"%d" % v for v in gray.ravel()),
    }


def damaged_family(trials, seed):
    """Cuts and edits of one byte; the name says which: `@offset: old→new, file`."""
    for name, data in good_files().items():
        random = np.random.default_rng(seed)
        for trial in range(trials):
            cut = int(random.integers(1, len(data)))
            yield f"first {cut} of {len(data)} bytes, {name}", data[:cut]
            at = int(random.integers(0, min(len(data), 200) if trial % 2 else len(data)))
            value = int(random.integers(0, 256))
            edited = data[:at] + bytes([value]) + data[at + 1 :]
            yield f"@0x{at:X}: {data[at]:02X}→{value:02X}, {name}", edited


# Replies -------------------------------------------------------------------------------------------------------


def facts(image):
    resolution = image.info.get("dpi")
    return {
        "mode": image.mode, "width": image.width, "height": image.height,
        "orientation": image.getexif().get(274, 1),
        "dots": [float(v) for v in resolution] if resolution else None,
        "progressive": bool(image.info.get("progressive")), "interlaced": bool(image.info.get("interlace")),
        "profile": image.info.get("icc_profile") is not None, "animated": getattr(image, "n_frames", 1) > 1,
    }


def to_rgb(image):
    return image.convert("RGB")


def to_srgb(image):
    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    source = io.BytesIO(image.info["icc_profile"])
    return ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode=mode)


def upright(image):
    return ImageOps.exif_transpose(image).convert("RGB")


def pack(family, fill=False, render=to_rgb):
    """All files of a family with what Pillow says: a JSON index, then the bytes that it points to."""
    index, blobs, at = [], [], 0

    def add(data):
        nonlocal at
        blobs.append(data)
        at += len(data)
        return [at - len(data), len(data)]

    ImageFile.LOAD_TRUNCATED_IMAGES = fill
    try:
        for name, data in family:
            item = {"name": name, "file": add(data)}
            try:
                image = Image.open(io.BytesIO(data))
                shown = render(image)
                item["pixels"] = add(shown.tobytes())
                item["shown"] = [shown.mode, shown.width, shown.height]
                item["facts"] = facts(Image.open(io.BytesIO(data)))
            except Exception as error:
                item.pop("pixels", None)
                item["error"] = repr(error)
            index.append(item)
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = False
    text = json.dumps(index).encode()
    return struct.pack("<I", len(text)) + text + b"".join(blobs)
