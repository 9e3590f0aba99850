"""What the scripts that time programs beside each other share."""
import datetime
import json
import os
import pathlib
import platform
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
ENVIRONMENTS = {"4.57": "hf4", "5.x": "big"}


def python(version):
    """The interpreter with a version of transformers."""
    path = ROOT / ".oracle" / ENVIRONMENTS[version] / "bin" / "python"
    if not path.exists():
        sys.exit(f"{path} is missing: run tools/install-deps large")
    return str(path)


def machine():
    """What the figures were measured on."""
    lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    name = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.processor())
    flags = next((line.split(":")[1].split() for line in lines if line.startswith("flags")), [])
    return {"cpu": name, "cores": os.cpu_count(), "avx512": "avx512f" in flags, "bf16": "avx512_bf16" in flags,
            "system": platform.release(), "date": datetime.date.today().isoformat()}


def execute(command):
    """Runs a program: what it prints, and the seconds from start to end, the most memory it held, the load before."""
    load, start = os.getloadavg()[0], time.perf_counter()
    # Files, not pipes: the program is waited for by `wait4`, which tells its memory.
    with tempfile.TemporaryFile("w+") as said, tempfile.TemporaryFile("w+") as errors:
        child = subprocess.Popen(command, stdout=said, stderr=errors)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        whole = time.perf_counter() - start
        said.seek(0)
        errors.seek(0)
        if child.returncode:
            sys.exit(f"{' '.join(command)} ended with {child.returncode}: {errors.read()[-2000:]}")
        return said.read(), {"whole_s": whole, "load_before": load, "peak_bytes": usage.ru_maxrss * 1024}


def run(command):
    """One program's JSON, with the seconds from start to end and the load before."""
    said, facts = execute(command)
    return {**facts, **json.loads(said)}


def write_between(path, begin, end, lines):
    """Puts lines between two marks of a file."""
    text = pathlib.Path(path).read_text()
    if begin not in text or end not in text:
        sys.exit(f"{path} has no lines '{begin}' and '{end}'")
    before, after = text.split(begin)[0], text.split(end)[1]
    pathlib.Path(path).write_text(before + begin + "\n" + "\n".join(lines).rstrip() + "\n" + end + after)
