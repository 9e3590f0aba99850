"""Makes samples/photos: reduced copies of free originals, and from those the odd kinds of file.

    python samples/make_odd_kinds.py                        # the odd kinds, from the reduced copies
    python samples/make_odd_kinds.py --originals SKIMAGE TANGO   # the reduced copies too

SKIMAGE is the folder skimage/data of scikit-image's wheel, TANGO the folder scalable/ of the Tango icon
theme (needs rsvg-convert). Pillow 13 writes everything but Adam7, 16-bit RGB and 2-bit gray, which the
small PNG writer below makes. The same inputs give the same pixels; the bytes depend on the versions of
Pillow's codecs.
"""

import argparse
import io
import pathlib
import struct
import subprocess
import zlib

import numpy as np
from PIL import Image, ImageOps

PHOTOS = pathlib.Path(__file__).parent / "photos"

# name -> (original, crop box or None, size of the copy)
REDUCED = {
    "animals/cat.jpg": ("chelsea.png", None, (451, 300)),
    "space/rocket.jpg": ("rocket.jpg", None, (480, 320)),
    "space/galaxies.jpg": ("hubble_deep_field.jpg", None, (420, 366)),
    "science/cell.png": ("cell.png", (50, 150, 500, 600), (300, 300)),
    "people/astronaut.jpg": ("astronaut.png", None, (384, 384)),
    "people/cameraman.png": ("camera.png", None, (256, 256)),
    "food/coffee.jpg": ("coffee.png", None, (480, 320)),
    "food/cup.png": ("coffee.png", (130, 60, 430, 360), (150, 150)),
    "things/clock.jpg": ("clock_motion.png", None, (400, 300)),
    "things/coins.png": ("coins.png", None, (256, 202)),
    "things/bricks.jpg": ("brick.png", None, (300, 300)),
    "things/gravel.png": ("gravel.png", (0, 0, 300, 300), (150, 150)),
    "nature/grass.jpg": ("grass.png", None, (320, 320)),
    "science/retina.jpg": ("retina.jpg", None, (300, 300)),
    "drawings/horse.png": ("horse.png", None, (400, 328)),
    "drawings/text.png": ("text.png", None, (448, 172)),
}

# name -> (drawing of the Tango theme, height in pixels)
ICONS = {
    "icons/monkey.png": ("emotes/face-monkey.svg", 128),
    "icons/smile.png": ("emotes/face-smile-big.svg", 96),
    "icons/folder.png": ("status/folder-open.svg", 64),
    "drawings/angel.png": ("emotes/face-angel.svg", 200),
}


def reduce_originals(skimage: pathlib.Path, tango: pathlib.Path) -> None:
    for name, (original, box, size) in REDUCED.items():
        picture = Image.open(skimage / original)
        if box is not None:
            picture = picture.crop(box)
        if picture.size != size:
            picture = picture.resize(size, Image.Resampling.LANCZOS)
        save(picture, name, **({"quality": 88} if name.endswith(".jpg") else {"optimize": True}))
    for name, (drawing, height) in ICONS.items():
        svg = tango / drawing
        png = subprocess.run(
            ["rsvg-convert", "-h", str(height), svg], check=True, capture_output=True).stdout
        save(Image.open(io.BytesIO(png)), name, optimize=True)


def save(picture: Image.Image, name: str, **options) -> None:
    path = PHOTOS / name
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.info = {}
    picture.save(path, **options)


def load(name: str) -> Image.Image:
    with Image.open(PHOTOS / name) as picture:
        picture.load()
        return picture


def make_odd_kinds() -> None:
    jpegs()
    pngs()
    others()


def jpegs() -> None:
    cat, coffee = load("animals/cat.jpg"), load("food/coffee.jpg")
    astronaut, rocket = load("people/astronaut.jpg"), load("space/rocket.jpg")
    save(cat.crop((90, 20, 390, 245)), "animals/cat-progressive.jpg", quality=85, progressive=True)
    # Held as a camera held on its side holds it: the pixels lie, the tag says how to stand them up.
    save(cat.crop((60, 40, 360, 265)).transpose(Image.Transpose.ROTATE_90), "animals/cat-rotated-exif6.jpg",
         quality=88, exif=orientation(6))
    save(ImageOps.mirror(astronaut.crop((48, 0, 336, 384))).resize((192, 256)),
         "people/astronaut-mirrored-exif2.jpg", quality=85, exif=orientation(2))
    save(rocket.transpose(Image.Transpose.ROTATE_180).resize((300, 200)), "space/rocket-exif3.jpg",
         quality=85, exif=orientation(3))
    save(coffee.resize((300, 200)).convert("CMYK"), "food/coffee-cmyk.jpg", quality=85)
    save(coffee.resize((240, 160)), "food/coffee-444.jpg", quality=90, subsampling="4:4:4")
    save(coffee.crop((37, 21, 338, 200)), "food/coffee-422-restart.jpg", quality=85, subsampling="4:2:2",
         restart_marker_blocks=8)
    save(astronaut.crop((42, 0, 344, 384)).resize((201, 255)).convert("L"), "people/astronaut-gray.jpg", quality=90)


def pngs() -> None:
    cat, coffee = load("animals/cat.jpg"), load("food/coffee.jpg")
    cell, horse = load("science/cell.png"), load("drawings/horse.png")
    save(cat.resize((226, 150)).quantize(64), "animals/cat-palette.png", optimize=True)
    save(load("food/cup.png").quantize(16), "food/cup-palette-4bit.png", bits=4, optimize=True)
    save(load("drawings/text.png").convert("1"), "drawings/text-1bit.png", optimize=True)
    save(horse.convert("LA").resize((200, 164)), "drawings/horse-gray-alpha.png", optimize=True)
    # Real 16-bit data: a blur in floating point leaves values between the 8-bit levels.
    deep = blurred(cell)
    save(Image.fromarray(deep), "science/cell-16bit.png", optimize=True)
    write_png("space/galaxies-16bit.png", blurred(load("space/galaxies.jpg").resize((160, 140))), bits=16)
    write_png("food/cup-adam7.png", np.asarray(load("food/cup.png")), bits=8, interlaced=True)
    small = np.asarray(load("things/gravel.png").resize((101, 77)))
    write_png("things/gravel-2bit.png", small >> 6, bits=2)
    palette = load("icons/monkey.png").quantize(32, method=Image.Quantize.FASTOCTREE)
    palette.save(PHOTOS / "icons/monkey-palette-transparent.png", optimize=True)
    keyed = Image.new("RGB", (96, 96), (255, 0, 255))
    icon = load("icons/smile.png")
    keyed.paste(icon, mask=icon.getchannel("A").point(lambda a: 255 if a > 127 else 0))
    keyed.save(PHOTOS / "icons/smile-colour-key.png", transparency=(255, 0, 255), optimize=True)
    save(ImageOps.flip(coffee.resize((180, 120))), "food/coffee-exif4.png", exif=orientation(4), optimize=True)


def others() -> None:
    cat = load("animals/cat.jpg")
    save(cat.resize((300, 200)), "animals/cat.webp", quality=80)
    save(load("icons/monkey.png"), "icons/monkey.webp", lossless=True, exact=True)
    save(load("food/cup.png"), "food/cup.bmp")
    save(load("things/coins.png").resize((128, 101)), "things/coins.pgm")
    save(load("people/astronaut.jpg").resize((96, 96)), "people/astronaut.ppm")


def orientation(value: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = value
    return exif


def blurred(picture: Image.Image) -> np.ndarray:
    """The picture blurred in floats, as 16-bit numbers."""
    bands = []
    for band in picture.split():
        values = np.asarray(band, dtype=np.float64)
        padded = np.pad(values, 1, mode="edge")
        height, width = values.shape
        window = sum(padded[y:y + height, x:x + width] for y in range(3) for x in range(3)) / 9
        bands.append(np.round(window * 257).astype(np.uint16))
    return bands[0] if len(bands) == 1 else np.stack(bands, axis=-1)


def write_png(name: str, pixels: np.ndarray, bits: int, interlaced: bool = False) -> None:
    """A PNG by the specification's pages: no filter, one IDAT, Adam7 on request."""
    height, width = pixels.shape[:2]
    colour = 0 if pixels.ndim == 2 else 2
    passes = [(0, 0, 1, 1)]
    if interlaced:
        passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    raw = b"".join(rows(pixels[y::dy, x::dx], bits) for x, y, dx, dy in passes)
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, int(interlaced))
    data = b"\x89PNG\r\n\x1a\n"
    for kind, body in ((b"IHDR", header), (b"IDAT", zlib.compress(raw, 9)), (b"IEND", b"")):
        data += struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    (PHOTOS / name).write_bytes(data)


def rows(pixels: np.ndarray, bits: int) -> bytes:
    if pixels.size == 0:
        return b""
    out = []
    for row in pixels:
        if bits == 16:
            body = row.astype(">u2").tobytes()
        elif bits == 8:
            body = row.tobytes()
        else:
            flat = np.unpackbits(row[:, None].astype(np.uint8), axis=1)[:, 8 - bits:].reshape(-1)
            body = np.packbits(flat).tobytes()
        out.append(b"\0" + body)
    return b"".join(out)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--originals", nargs=2, type=pathlib.Path, metavar=("SKIMAGE", "TANGO"))
    options = parser.parse_args()
    if options.originals:
        reduce_originals(*options.originals)
    make_odd_kinds()
