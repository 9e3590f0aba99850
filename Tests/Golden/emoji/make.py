"""Emoji's golden: what fontTools and ElementTree read in Debian's font and CLDR.

    PYTHON_WITH_FONTTOOLS Tests/Golden/emoji/make.py

Writes golden.json: the files' digests, how many characters have a bitmap and both names, SHA-256 over their bitmaps and
over their names, and a few names to read.
"""
import hashlib
import json
import pathlib
import xml.etree.ElementTree as ElementTree

import fontTools
from fontTools.ttLib import TTFont

FONT = pathlib.Path("/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf")
CLDR = pathlib.Path("/usr/share/unicode/cldr/common/annotations")


def names(language):
    found = {}
    for element in ElementTree.parse(CLDR / f"{language}.xml").getroot().iter("annotation"):
        if element.get("type") == "tts" and len(element.get("cp")) == 1:
            found[ord(element.get("cp"))] = element.text
    return found


def sha(data):
    return hashlib.sha256(data).hexdigest()


def main():
    font = TTFont(FONT)
    glyphs, strike = font.getBestCmap(), font["CBDT"].strikeData[0]
    english, chinese = names("en"), names("zh")
    pictures = {code: strike[glyphs[code]].imageData for code in sorted(glyphs) if glyphs[code] in strike}
    both = [code for code in pictures if code in english and code in chinese]
    bitmaps, words = hashlib.sha256(), hashlib.sha256()
    for code in both:
        bitmaps.update(f"{code:08x}".encode() + pictures[code])
        words.update(f"{code:08x} {english[code]}\t{chinese[code]}\n".encode())
    golden = {
        "made by": f"fontTools {fontTools.version}",
        "font": sha(FONT.read_bytes()),
        "en": sha((CLDR / "en.xml").read_bytes()),
        "zh": sha((CLDR / "zh.xml").read_bytes()),
        "names": len(english),
        "bitmaps": len(pictures),
        "both": len(both),
        "bitmaps of both": bitmaps.hexdigest(),
        "names of both": words.hexdigest(),
        "some": {chr(code): [english[code], chinese[code]] for code in both[::200]},
    }
    path = pathlib.Path(__file__).with_name("golden.json")
    path.write_text(json.dumps(golden, ensure_ascii=False, indent=1) + "\n")
    print(path.read_text())


if __name__ == "__main__":
    main()
