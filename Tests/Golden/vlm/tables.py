"""Rewrites the tables of docs/vlm-parity.md that come from the golden copy and mistakes.json, between its markers."""
import json
import pathlib
import struct
import sys

HERE = pathlib.Path(__file__).resolve().parent
PAGE = HERE.parent.parent.parent / "docs" / "vlm-parity.md"


def golden():
    """The versions and the cases of the golden copy."""
    data = (HERE / "golden.safetensors").read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    said = json.loads(data[8:8 + length])["__metadata__"]
    return said["versions"], json.loads(said["cases"])


def directories(cases):
    """A row for each directory: the two versions against each other, float32 against float64, gaps, weakest mistake."""
    table = json.loads((HERE / "mistakes.json").read_text())
    rows = ["| directory | 4.57 against 5.x | float32 against float64 | smallest gap of the top two | mistakes made "
            "| smallest effect of one |", "|---|---|---|---|---|---|"]
    for name in dict.fromkeys(c["directory"] for c in cases if c["kind"] == "logits"):
        mine = [c for c in cases if c["directory"] == name]
        four = max(c["v4"] for c in mine if "v4" in c)
        noise = max(c["noise"] for c in mine if "noise" in c)
        gap = min(min(c["gaps"]) for c in mine if c["kind"] == "generate")
        wrong = sorted((v, k) for k, v in table.get(name, {}).items())
        rows.append(f"| {name} | {four:.1e} | {noise:.1e} | {gap:.4f} | {len(wrong) or '–'} | "
                    f"{f'{wrong[0][0]:.1e} ({wrong[0][1]})' if wrong else '–'} |")
    return "\n".join(rows)


def wrong():
    """A row for each mistake: in how many directories it was made, its smallest and its largest effect."""
    table, found = json.loads((HERE / "mistakes.json").read_text()), {}
    for row in table.values():
        for name, value in row.items():
            found.setdefault(name, []).append(value)
    rows = ["| mistake | directories | smallest effect | largest |", "|---|---|---|---|"]
    rows += [f"| {name} | {len(v)} | {min(v):.1e} | {max(v):.1e} |" for name, v in sorted(
        found.items(), key=lambda item: min(item[1]))]
    return "\n".join(rows)


def between(text, name, content):
    """`text` with what stands between a pair of markers replaced."""
    start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    if start not in text or end not in text:
        sys.exit(f"{PAGE} has no markers {start} … {end}")
    return text[:text.index(start) + len(start)] + "\n" + content + "\n" + text[text.index(end):]


def main():
    versions, cases = golden()
    text = PAGE.read_text()
    for name, content in [("versions", f"Stored by {versions}."), ("directories", directories(cases)), ("mistakes", wrong())]:
        text = between(text, name, content)
    PAGE.write_text(text)


if __name__ == "__main__":
    main()
