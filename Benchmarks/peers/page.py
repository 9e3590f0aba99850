"""Tables and the plot of what Benchmarks/loader.py measured."""
import html
import statistics

BEGIN, END = "<!-- tables: Benchmarks/loader.py writes what follows -->", "<!-- end of tables -->"
# In 8-bit levels, on average. Rounding is 0.2 to 0.3; another antialiased filter 0.6 to 0.9; none at all 1.4 to 1.9.
TOLERANCE, SCALED_TOLERANCE = 1.0, 2.0
# Of an epoch's mean and deviation of normalised values: random crops of a thousand pictures come to ±0.004.
EPOCH_TOLERANCE = 0.02
TITLES = {
    "train": ("Training", "random crop of 8 to 100 % of the area, resized to 224×224, bilinear; flipped in half of the cases"),
    "eval": ("Evaluation", "shorter edge 256, bilinear; the middle 224×224"),
    "clip": ("Photos for CLIP", "shorter edge 336, bicubic; the middle 336×336"),
    "progressive": ("The same photos as progressive JPEG", "shorter edge 336, bicubic; the middle 336×336"),
    "png": ("Evaluation on PNG", "shorter edge 256, bilinear; the middle 224×224"),
}
PICTURES = {"imagenet": "JPEGs of about 500×375", "photos": "JPEGs of 12 Mpixel, 4:2:0",
            "progressive": "progressive JPEGs of 12 Mpixel, 4:2:0", "png": "PNGs of 500×375 with a sensor's noise"}
FOLDERS = {"train": "imagenet", "eval": "imagenet", "clip": "photos", "progressive": "progressive", "png": "png"}
ALONE = {"jpeg": "libjpeg-turbo, every row", "windows": "libjpeg-turbo, only what the random crops need",
         "png": "libpng, every row", "inflate": "libdeflate, inflating alone"}


# Recipe, whether at a smaller scale, and how many times as fast as the fastest rival that does the same job.
GOALS = [("train", False, 1.75), ("eval", False, 1.6), ("clip", False, 1.75), ("clip", True, 3.5), ("png", False, 1.75)]
# Of the codec's floor, in random crops.
FLOOR_GOAL = 1.25


def figures(row):
    """Medians of the rounds; None for a rival that failed or was not asked."""
    if not row.get("rounds"):
        return None
    cpu = [1e3 * one["cpu_seconds"] / one["images"] for one in row["rounds"]]
    rate = [one["images"] / one["seconds"] for one in row["rounds"]]
    return {"cpu": statistics.median(cpu), "least": min(cpu), "most": max(cpu), "rate": statistics.median(rate),
            "slowest": min(rate), "fastest": max(rate), "bytes": row["peak_bytes"]}


def is_beyond(row):
    """Whether the outputs differ by more than is tolerated."""
    check = row["check"]
    if "shape" in check and len(check["shape"]) != 4:
        return True
    off = max(abs(value) for value in check["epoch"].values()) > check["epoch_tolerance"]
    return off or check.get("mean", 0) > (SCALED_TOLERANCE if row["is_scaled"] else TOLERANCE)


def difference(row):
    """In words, how the outputs differ from Pillow's."""
    check = row.get("check")
    if check is None:
        return ""
    if "mean" not in check:
        words = f"not comparable ({check.get('how', 'another shape')})"
    elif check["most"] < 0.01:
        words = "equal"
    else:
        words = f"{check['mean']:.3f}, at most {check['most']:.0f}"
    return words + (" ✗" if is_beyond(row) else "")


def ordered(rows):
    """Those that were measured, least processor time first; then the others."""
    known = sorted((key for key in rows if figures(rows[key])), key=lambda key: figures(rows[key])["cpu"])
    return known, [key for key in rows if key not in known]


def span(least, most, digits):
    return f"{least:,.{digits}f} – {most:,.{digits}f}"


def table(name, part):
    """One recipe's title and table."""
    title, what = TITLES[name]
    recipe, rows = part["recipe"], part["rows"]
    ours = figures(rows["tessera"]) if "tessera" in rows else None
    lines = [f"### {title}", "",
             f"{part['files']:,} {PICTURES[FOLDERS[name]]}, {part['mean_bytes'] / 1e3:,.0f} kB on average: {what}. Batches of "
             f"{recipe['batch']}, {part['epoch']:,} pictures an epoch.", "",
             "| loader | CPU ms an image | least – most | × Tessera's | images/s | slowest – fastest | most memory, MB "
             "| off Pillow's pixels, of 255 |", "|---|" + "---:|" * 6 + "---|"]
    known, unknown = ordered(rows)
    digits = 1 if known and figures(rows[known[-1]])["cpu"] >= 20 else 2
    for key in known:
        row, found = rows[key], figures(rows[key])
        bold = "**" if key.startswith("tessera") else ""
        ratio = f"{found['cpu'] / ours['cpu']:.2f}" if ours else ""
        lines.append(f"| {bold}{row['name']}{bold} | {bold}{found['cpu']:.{digits}f}{bold} | "
                     f"{span(found['least'], found['most'], digits)} | {ratio} | {found['rate']:,.0f} | "
                     f"{span(found['slowest'], found['fastest'], 0)} | {found['bytes'] / 1e6:,.0f} | {difference(row)} |")
    for key in unknown:
        reason = " ".join(rows[key].get("failed", "not measured").replace("|", "/").split())[:160]
        lines.append(f"| {rows[key]['name']} | failed: {reason} |" + " |" * 6)
    alone = [f"{ALONE[kind]}, {statistics.median(1e3 * one['cpu_seconds'] / one['images'] for one in rounds):.2f}"
             for kind, rounds in part["alone"].items() if rounds]
    if alone:
        lines += ["", f"The codec alone, CPU ms an image, one thread, files in memory: {'; '.join(alone)}."]
    return lines + [""]


def goals(result):
    """What was aimed at beside what came out. Rivals whose output is another job's, or of a smaller scale, do not count."""
    lines = ["| goal | Tessera, CPU ms | fastest rival that does the same job, CPU ms | ratio | asked | |", "|---|---:|---|---:|---:|---|"]

    def line(goal, ours, other, ratio, asked, is_met):
        lines.append(f"| {goal} | {ours:.2f} | {other} | {ratio:.2f} × | {asked} | {'met' if is_met else '**missed**'} |")
    for name, is_scaled, asked in GOALS:
        rows = result["recipes"].get(name, {}).get("rows", {})
        ours = figures(rows.get("tessera-fast" if is_scaled else "tessera", {}))
        rivals = [(figures(row)["cpu"], row["name"]) for key, row in rows.items()
                  if figures(row) and not key.startswith("tessera") and not row["is_scaled"] and not is_beyond(row)]
        if not ours or not rivals:
            continue
        cpu, rival = min(rivals)
        title = TITLES[name][0] + (", scaled decoding" if is_scaled else "")
        line(title, ours["cpu"], f"{rival}, {cpu:.2f}", cpu / ours["cpu"], f"≥ {asked} ×", cpu / ours["cpu"] >= asked)
    train = result["recipes"].get("train", {})
    floor, ours = train.get("alone", {}).get("windows"), figures(train.get("rows", {}).get("tessera", {}))
    if floor and ours:
        alone = statistics.median(1e3 * one["cpu_seconds"] / one["images"] for one in floor)
        line("Training beside the codec alone", ours["cpu"], f"{ALONE['windows']}, {alone:.2f}", ours["cpu"] / alone,
             f"≤ {FLOOR_GOAL} ×", ours["cpu"] <= FLOOR_GOAL * alone)
    return lines


def losses(result):
    """Every figure in which a rival beats ours; who decodes at a smaller scale is set beside ours that does."""
    lines = []
    for name, part in result["recipes"].items():
        rows = part["rows"]
        for is_scaled, key in [(False, "tessera"), (True, "tessera-fast")]:
            ours = figures(rows.get(key, {}))
            rivals = {row["name"] + (" ✗" if is_beyond(row) else ""): figures(row) for other, row in rows.items()
                      if figures(row) and row["is_scaled"] == is_scaled and not other.startswith("tessera")}
            if not ours:
                continue
            for figure, words, sign in [("cpu", "CPU time", 1), ("rate", "images/s", -1), ("bytes", "memory", 1)]:
                better = sorted(((found[figure] / ours[figure], rival) for rival, found in rivals.items()
                                 if sign * found[figure] < sign * ours[figure]), reverse=sign < 0)
                if better:
                    told = ", ".join(f"{rival} ({ratio:.2f} ×)" for ratio, rival in better)
                    lines.append(f"- {TITLES[name][0]}{', scaled decoding' if is_scaled else ''}, {words}: {told}")
    return lines or ["- in none of these figures"]


def lines(result):
    """What stands between the marks."""
    facts = result["machine"]
    loads = [load for part in result["recipes"].values() for load in part["loads"]]
    vectors = "AVX-512" if facts["avx512"] else "no AVX-512"
    made = [f"{facts['date']}, {facts['cpu']}, {facts['cores']} cores, {vectors}, Linux {facts['system']}; "
            f"Tessera at {result['revision']}; {result['threads']} threads or worker processes; medians of "
            f"{result['rounds']} rounds in turn; load before a round {min(loads):.1f} to {max(loads):.1f}."
            + (f" **A quick look at {result['limit']} pictures of each kind, not the whole.**" if result["limit"] else ""), ""]
    for name, part in result["recipes"].items():
        made += table(name, part)
    made += ["### What was aimed at", "", *goals(result), ""]
    made += ["### Where Tessera loses", "", "The rival's figure over Tessera's:", "", *losses(result), "", "### Versions", ""]
    versions, means = {}, {}
    for part in result["recipes"].values():
        for row in part["rows"].values():
            if "versions" not in row:
                continue
            versions.setdefault(row["name"], {}).update(row.get("versions", {}))
            means.setdefault(row["name"], row.get("means", ""))
    made += ["| loader | versions | means |", "|---|---|---|"]
    for name, known in versions.items():
        told = ", ".join(f"{library} {version}" for library, version in known.items())
        made.append(f"| {name} | {told or result['revision'] if name.startswith('Tessera') else told} | {means[name]} |")
    return made


# MARK: the plot

STYLE = """
  .ground { fill: #ffffff } text { fill: #1f2328; font: 13px system-ui, sans-serif }
  .title { font-weight: 600; font-size: 14px } .faint { fill: #59636e; font-size: 12px }
  .bar { fill: #a5b1bd } .ours { fill: #0969da } .ours-name { font-weight: 600 } .scaled { fill-opacity: .55 }
  .value { stroke: #ffffff; stroke-width: 3px; paint-order: stroke }
  .floor { stroke: #bc4c00; stroke-width: 1.5; stroke-dasharray: 4 3 }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117 } text { fill: #e6edf3 } .faint { fill: #9198a1 } .bar { fill: #59636e }
    .ours { fill: #4493f8 } .floor { stroke: #f0883e } .value { stroke: #0d1117 }
  }"""
WIDTH, LEFT, BAR, STEP = 860, 240, 16, 22


def plot(result):
    """An SVG: processor time an image, a panel a recipe, ours in another colour; readable on light and on dark."""
    parts, top = [], 14
    for name, part in result["recipes"].items():
        known, _ = ordered(part["rows"])
        if not known:
            continue
        title, what = TITLES[name]
        found = {key: figures(part["rows"][key]) for key in known}
        longest = max(one["cpu"] for one in found.values())
        scale = (WIDTH - LEFT - 120) / longest
        parts.append(f'<text class="title" x="14" y="{top + 14}">{html.escape(title)}: CPU ms an image</text>')
        parts.append(f'<text class="faint" x="14" y="{top + 32}">{html.escape(what)}</text>')
        top += 42
        bottom, values = top + STEP * len(known), []
        for number, key in enumerate(known):
            row, one, y = part["rows"][key], found[key], top + STEP * number
            is_ours = key.startswith("tessera")
            kinds = ("ours" if is_ours else "bar") + (" scaled" if row["is_scaled"] else "")
            mark = " ✗" if is_beyond(row) else ""
            parts.append(f'<text x="{LEFT - 8}" y="{y + 13}" text-anchor="end" class="{"ours-name" if is_ours else ""}">'
                         f'{html.escape(row["name"].replace("`", ""))}{mark}</text>')
            parts.append(f'<rect class="{kinds}" x="{LEFT}" y="{y}" width="{max(1, one["cpu"] * scale):.1f}" height="{BAR}" '
                         'rx="2"/>')
            digits = 1 if longest >= 20 else 2
            values.append(f'<text class="value" x="{LEFT + one["cpu"] * scale + 6:.1f}" y="{y + 13}">{one["cpu"]:.{digits}f}</text>')
        kind = {"train": "windows"}.get(name, next(iter(part["alone"]), None))
        if part["alone"].get(kind):
            alone = statistics.median(1e3 * one["cpu_seconds"] / one["images"] for one in part["alone"][kind])
            x = LEFT + alone * scale
            parts.append(f'<line class="floor" x1="{x:.1f}" x2="{x:.1f}" y1="{top - 4}" y2="{bottom}"/>')
            parts.append(f'<text class="faint" x="{x + 4:.1f}" y="{bottom + 12}">the codec alone: {html.escape(ALONE[kind])}, '
                         f'{alone:.2f}</text>')
        parts += values  # over the line
        top = bottom + 30
    facts = result["machine"]
    parts.append(f'<text class="faint" x="14" y="{top + 4}">{html.escape(facts["cpu"])}, {result["threads"]} threads or worker '
                 f'processes, {facts["date"]}. Paler: decoded at a smaller scale. ✗: other output.</text>')
    height = top + 18
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
            f'role="img" aria-label="Processor time an image of Tessera and other loaders">\n<style>{STYLE}\n</style>\n'
            f'<rect class="ground" width="{WIDTH}" height="{height}" rx="6"/>\n' + "\n".join(parts) + "\n</svg>\n")
