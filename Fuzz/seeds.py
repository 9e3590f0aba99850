"""Small good inputs of each kind: python Fuzz/seeds.py FOLDER writes FOLDER/TARGET/NAME.

Pictures are the families of the codec tests and need the oracle's Pillow (tools/install-deps oracles); without it they
are left out. All else is made here.
"""

import io
import json
import pathlib
import struct
import sys
import tarfile
import zlib

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "Tests/Oracles"))


def pictures():
    try:
        import codec_files
    except ImportError as error:
        print(f"tessera: no seeds of pictures: {error}", file=sys.stderr)
        return
    families = {
        "png": codec_files.png_family(), "jpeg": codec_files.jpeg_family(), "webp": codec_files.webp_family(),
        "bmp": codec_files.bmp_family(), "pnm": codec_files.pnm_family(),
    }
    for target, family in families.items():
        for index, (_, data) in enumerate(family):
            if len(data) <= 4096:
                yield target, f"family-{index}", data
    for index, (_, data) in enumerate(codec_files.profile_family()):
        if len(data) <= 4096:
            target = "png" if data.startswith(b"\x89PNG") else "jpeg" if data.startswith(b"\xff\xd8") else "webp"
            yield target, f"profile-{index}", data


def exif():
    def block(order, entries):
        out = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "IH", 8, len(entries))
        for tag, kind, count, value in entries:
            out += struct.pack(order + "HHI", tag, kind, count) + value.ljust(4, b"\0")
        return out + bytes(4) + struct.pack(order + "II", 300, 1)

    for order in "<>":
        short = struct.pack(order + "H", 6)
        at = struct.pack(order + "I", 8 + 2 + 36 + 4)
        yield "exif", f"tiff-{ord(order)}", block(order, [(274, 3, 1, short), (282, 5, 1, at), (296, 3, 1, short)])
        for kind in range(1, 14):
            yield "exif", f"type-{ord(order)}-{kind}", block(order, [(274, kind, 1, short)])
    yield "exif", "xmp", b'<x:xmpmeta><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'


def tars():
    members = [
        ("a.jpg", b"x" * 600), ("a.cls", b"1"), ("b.txt", b"a text"), ("b.json", b'{"k": 1}'), ("__classes__", b'["c", "d"]'),
    ]
    for name, kind in [("ustar", tarfile.USTAR_FORMAT), ("gnu", tarfile.GNU_FORMAT), ("pax", tarfile.PAX_FORMAT)]:
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w", format=kind) as tar:
            for member, data in members + ([(f"{'long/' * 30}e.jpg", b"y")] if kind != tarfile.USTAR_FORMAT else []):
                info = tarfile.TarInfo(member)
                info.size = len(data)
                if kind == tarfile.PAX_FORMAT:
                    info.pax_headers = {"comment": "c"}
                tar.addfile(info, io.BytesIO(data))
            link = tarfile.TarInfo("c.jpg")
            link.type = tarfile.SYMTYPE
            tar.addfile(link)
        yield "tar", name, out.getvalue()[: 512 * 15] + bytes(1024)
    number, long = struct.Struct("<Q").pack, struct.Struct("<I").pack
    keys = b"ab"
    yield "tarindex", "two", (
        number(2) + long(1) + long(3) + number(2) + number(5) + number(6) + number(2) + long(0) + long(1)
        + number(2) + number(3) + b"jpg" + number(3) + b"cls" + number(2) + long(0) + long(1)
        + number(2) + long(1) + long(2) + number(2) + keys
        + number(1) + number(1) + number(4) + number(512) + number(0) + number(0) + number(1) + b"c"
        + number(2**64 - 1) * 2
    )


def npy(descriptor="<f4", shape="(2, 3)", data=bytes(24), version=1):
    text = f"{{'descr': '{descriptor}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    text = text.ljust(117) + b"\n"
    length = struct.pack("<H" if version == 1 else "<I", len(text))
    return b"\x93NUMPY" + bytes([version, 0]) + length + text + data


def npz(names, deflated):
    directory, out = b"", b""
    for name in names:
        raw = npy()
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        data = packer.compress(raw) + packer.flush() if deflated else raw
        facts = struct.pack("<HHHHIIIHH", 0, 8 if deflated else 0, 0, 33, zlib.crc32(raw), len(data), len(raw), len(name), 0)
        directory += b"PK\1\2" + struct.pack("<HH", 20, 20) + facts + struct.pack("<HHHII", 0, 0, 0, 0, len(out)) + name
        out += b"PK\3\4" + struct.pack("<H", 20) + facts + name + data
    end = b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, len(names), len(names), len(directory), len(out), 0)
    return out + directory + end


def safetensors(head, data=bytes(32)):
    text = json.dumps(head).encode()
    text = text.ljust((len(text) + 7) // 8 * 8)
    return struct.pack("<Q", len(text)) + text + data


def arrays():
    for target in ["npy", "arrays"]:
        for index, (kind, size) in enumerate([("|u1", 6), ("<f4", 24), ("<i8", 48), ("<V2", 12)]):
            yield target, f"npy-{index}", npy(kind, data=bytes(size), version=1 + index % 2)
    tensors = {
        "images": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
        "labels": {"dtype": "U8", "shape": [2], "data_offsets": [24, 26]},
        "rest": {"dtype": "U8", "shape": [2, 3], "data_offsets": [26, 32]},
        "__metadata__": {"classes": '["a", "b"]'},
    }
    for target in ["safetensors", "arrays"]:
        yield target, "safetensors", safetensors(tensors)
    yield "arrays", "npz", npz([b"images.npy", b"rest.npy"], False)
    yield "arrays", "npz-deflated", npz([b"images.npy", b"rest.npy"], True)


def texts():
    yield "json", "all", b'{"a": [1, -2.5e3, true, null, "\\u00e9\\ud83d\\ude00"], "b": {}}'
    model = {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2, "\u2581": 3, "<unk>": 4}, "merges": ["a b"]}
    level = {"type": "ByteLevel", "add_prefix_space": True, "use_regex": True}
    replace = {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"}
    added = [
        {"id": 5, "content": "<image>", "special": True, "lstrip": True},
        {"id": 6, "content": "cat", "special": False, "normalized": True, "single_word": True},
    ]
    template = {
        "type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "s"}}, {"Sequence": {"id": "A"}}],
        "special_tokens": {"s": {"id": "s", "ids": [5]}},
    }
    yield "tokenizer", "bytes", json.dumps(
        {"model": model, "pre_tokenizer": level, "decoder": level, "added_tokens": added, "post_processor": template}).encode()
    yield "tokenizer", "pieces", json.dumps({
        "model": model | {"unk_token": "<unk>", "byte_fallback": True, "fuse_unk": True},
        "normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "\u2581"}, replace, {"type": "NFC"}]},
        "pre_tokenizer": {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "first", "split": True},
        "decoder": {"type": "Sequence", "decoders": [
            {"type": "Replace", "pattern": {"String": "\u2581"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"},
            {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
        "added_tokens": added}).encode()
    yield "tokenizer", "split", json.dumps({"model": model, "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
        {"type": "Split", "pattern": {"String": "a"}, "behavior": "MergedWithNext", "invert": False}, level]}}).encode()
    for index, text in enumerate([
        "{% for m in messages %}{{ m.role }}: {{ m['content'] }}{{ loop.index0 }}{% endfor %}",
        "{%- set ns = namespace(a=1) -%}{% macro f(x, y=2) %}{{ x ~ y }}{% endmacro %}{{ f(3) }}{{ ns.a + 1 }}",
        "{% if messages[0].content is string and not false %}{{ 'a' * 3 | upper }}{% elif n // 2 %}b{% else %}c{% endif %}",
        "{{ [1, 2, 3][::-1] | join(', ') }}{{ {'a': (1, 2)} | tojson(indent=2) }}{{ range(9) | batch(2) | list }}",
        "{% generation %}{{ ' a b '.strip().split(' ') }}{% endgeneration %}{% raw %}{{ x }}{% endraw %}{# c #}",
        "{% call f() %}{{ caller }}{% endcall %}{% filter upper %}a{% endfilter %}{% set x %}y{% endset %}",
    ]):
        yield "template", str(index), text.encode()


def records():
    talk = {"id": "1", "image": "a.jpg", "conversations": [{"from": "human", "value": "<image>\nWhat?"}, {"from": "gpt", "value": "A cat."}]}
    chat = {"messages": [{"role": "user", "content": [{"type": "image", "image": "a.jpg"}, {"type": "text", "text": "What?"}]},
                         {"role": "assistant", "content": "A cat."}], "images": ["a.jpg"]}
    better = {"prompt": "What?", "chosen": "A cat.", "rejected": "A dog.", "images": ["a.jpg"], "margin": 1.5}
    caption = {"image": "a.jpg", "caption": "A cat.", "captions": ["x"], "category": "c", "text": "y"}
    for name, record in [("llava", talk), ("messages", chat), ("preferences", better), ("captions", caption)]:
        yield "conversations", name, json.dumps([record, record]).encode()
        yield "conversations", name + "-lines", (json.dumps(record) + "\n").encode() * 2
    yield "lists", "csv", b"0image,label,caption\na.jpg,1,\"a, \"\"b\"\"\"\nb.jpg,2,c\n"
    yield "lists", "tsv", b"1image\tlabel\na.jpg\tx\n"
    yield "lists", "jsonl", b'2{"image": "a.jpg", "label": 1}\n'
    yield "lists", "json", b'3[{"image": "a.jpg", "label": "x"}]'
    coco = {"images": [{"id": 1, "file_name": "a.jpg", "width": 6, "height": 4}], "categories": [{"id": 1, "name": "c"}]}
    box = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 0, 1, 1]}
    shapes = [[[0, 0, 5, 0, 5, 3]], {"size": [4, 6], "counts": [4, 4, 16]}, {"size": [4, 6], "counts": "44`0"}]
    for index, shape in enumerate(shapes):
        yield "coco", str(index), json.dumps(coco | {"annotations": [box | {"segmentation": shape, "iscrowd": index % 2}]}).encode()


def pipelines():
    for index, text in enumerate([
        "resize(256, filter: bicubic)|center_crop(224)|to_tensor|normalize(imagenet)",
        "random_resized_crop([14, 9], scale: 0.1...1)|random_apply([horizontal_flip, invert], probability: 0.5)|to_tensor",
        "pad([1, 2, 3, 0], fill: 7)|rotate(33, expand: true)|color_jitter(brightness: 0.4)|rand_augment|aug_mix",
    ]):
        yield "pipeline", str(index), text.encode()
    yield "yaml", "list", b"pipeline:\n  - resize: {size: 20, filter: bicubic}\n  - center_crop: [9, 8]\n  - to_tensor\n  - normalize: imagenet\n"
    yield "yaml", "flow", b'{"pipeline": [{"random_apply": {"transforms": [{"pad": 3}, "invert"], "probability": 0.5}}, "rescale"]}'
    for name in ["CLIPImageProcessor", "SiglipImageProcessor", "LlavaImageProcessor", "LlavaNextImageProcessor", "Qwen2VLImageProcessor"]:
        size = {"min_pixels": 56, "max_pixels": 900} if name.startswith("Qwen") else {"height": 8, "width": 8}
        yield "huggingface", name, json.dumps({
            "image_processor_type": name, "do_resize": True, "size": size, "resample": 3, "do_rescale": True,
            "rescale_factor": 0.00392, "do_normalize": True, "image_mean": [0.5] * 3, "image_std": [0.5] * 3}).encode()
    for index in range(64):
        yield "plan", str(index), bytes((index * 37 + place * place * 11) % 256 for place in range(24))


def tracking():
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)

    def masked(data):
        crc = 0xFFFFFFFF
        for byte in data:
            crc = crc >> 8 ^ table[(crc ^ byte) & 255]
        crc ^= 0xFFFFFFFF
        return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)

    def frame(data):
        length = struct.pack("<Q", len(data))
        return length + masked(length) + data + masked(data)

    first = b"\x09" + struct.pack("<d", 1) + b"\x1a\x0dbrain.Event:2" + b"\x52\x09\x0a\x07tessera"
    event = b"\x09" + struct.pack("<d", 1) + b"\x10%c\x2a\x09\x0a\x07\x0a\x01a\x15\0\0\0\0"
    yield "tensorboard", "ours", frame(first) + b"".join(frame(event % step) for step in [1, 2, 3, 4])
    yield "runlog", "log", b"".join(
        json.dumps({"step": step, "stage": "a", "kind": kind, "loss": 1.5, "measured": {"rate": 2}}).encode() + b"\n"
        for step, kind in enumerate(["session", "train", "validation", "sample", "evaluation", "event", "rollout", "look"]))


def fonts():
    u16, u32 = struct.Struct(">H").pack, struct.Struct(">I").pack
    for index_format in range(1, 6):
        glyph = bytes(5) + u32(3) + b"PNG"
        index = {
            1: u32(0) + u32(len(glyph)), 2: u32(len(glyph)) + bytes(8), 3: u16(0) + u16(len(glyph)),
            4: u32(1) + u16(1) + u16(0) + u16(0) + u16(len(glyph)),
            5: u32(len(glyph)) + bytes(8) + u32(1) + u16(1) + u16(0),
        }[index_format]
        subtable = u16(1) + u16(1) + u32(8) + u16(index_format) + u16(17) + u32(4) + index
        strike = u32(56) + u32(len(subtable)) + u32(1) + bytes(33) + bytes([100]) + bytes(2)
        location = u16(3) + u16(0) + u32(1) + strike.ljust(48, b"\0") + subtable
        wide = index_format % 2
        groups = u16(12) + u16(0) + u32(28) + u32(0) + u32(1) + u32(0x1F600) * 2 + u32(1)
        segments = u16(4) + u16(32) + u16(0) + u16(4) + bytes(6) + u16(0x263A) + u16(0xFFFF) + u16(0) + u16(0x263A) + u16(0xFFFF) + u16((1 - 0x263A) & 0xFFFF) + u16(1) + u32(0)
        cmap = u16(0) + u16(1) + u16(3) + u16(10 if wide else 1) + u32(12) + (groups if wide else segments)
        tables, body = [(b"CBDT", u16(3) + u16(0) + glyph), (b"CBLC", location), (b"cmap", cmap)], b""
        head = u32(0x10000) + u16(3) + bytes(6)
        for tag, table in tables:
            head += tag + u32(0) + u32(12 + 48 + len(body)) + u32(len(table))
            body += table
        yield "font", str(index_format), head + body
    yield "names", "tts", '<?xml version="1.0"?><!DOCTYPE ldml SYSTEM "a"><ldml><annotations><!-- c --><annotation cp="😀" type="tts">grinning &amp; face</annotation><annotation cp="&#x263A;" type="tts"><![CDATA[x]]></annotation></annotations></ldml>'.encode()


for kind in [pictures, exif, tars, arrays, texts, records, pipelines, tracking, fonts]:
    for target, name, data in kind():
        folder = pathlib.Path(sys.argv[1]) / target
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
