"""A rival as a process that is asked for epochs, and what it costs: seen from outside, children and all."""
import json
import os
import pathlib
import selectors
import signal
import subprocess
import threading
import time

TICK = os.sysconf("SC_CLK_TCK")


class RivalError(Exception):
    """The rival said that it cannot, died, or was silent for too long."""


def tree(root):
    """The process and all that descend from it."""
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                stat = pathlib.Path("/proc", entry, "stat").read_text()
            except OSError:
                continue  # it has ended meanwhile
            parents[int(entry)] = int(stat.rpartition(")")[2].split()[1])
    found, grew = {root}, True
    while grew:
        grew = False
        for child, parent in parents.items():
            if parent in found and child not in found:
                found.add(child)
                grew = True
    return found


def cpu_seconds(root):
    """Processor time of the tree so far, in nanoseconds' steps; of children that have ended in the kernel's ticks."""
    total = 0.0
    for pid in tree(root):
        try:
            # The processor clock of another process: MAKE_PROCESS_CPUCLOCK(pid, CPUCLOCK_SCHED) of the kernel.
            total += time.clock_gettime(~pid << 3 | 2)
            ended = pathlib.Path("/proc", str(pid), "stat").read_text().rpartition(")")[2].split()[13:15]
            total += sum(map(int, ended)) / TICK
        except OSError:
            continue
    return total


def memory_bytes(root):
    """What the tree holds of memory, shared pages divided among those that share them."""
    total = 0
    for pid in tree(root):
        try:
            for line in pathlib.Path("/proc", str(pid), "smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += 1024 * int(line.split()[1])
        except OSError:
            continue
    return total


class Rival:
    """A long-lived program that answers JSON lines."""

    def __init__(self, command, log, folder):
        # A session of its own, so that all it starts can be ended with it.
        self.errors = open(log, "w+")
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors,
                                        start_new_session=True, cwd=folder)
        os.set_blocking(self.process.stdout.fileno(), False)
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.process.stdout, selectors.EVENT_READ)

    def ask(self, timeout=300, **question):
        """One line there and one back."""
        try:
            self.process.stdin.write((json.dumps(question) + "\n").encode())
            self.process.stdin.flush()
        except OSError:
            raise RivalError(self.last_words()) from None
        said, end = b"", time.monotonic() + timeout
        while not said.endswith(b"\n"):
            if not self.selector.select(max(0, end - time.monotonic())):
                raise RivalError(f"no answer in {timeout} s")
            part = self.process.stdout.read()
            if not part:
                raise RivalError(self.last_words())
            said += part
        answer = json.loads(said)
        if "error" in answer:
            raise RivalError(answer["error"])
        return answer

    def last_words(self):
        self.process.wait(10)
        self.errors.seek(0)
        lines = [line.strip() for line in self.errors.read().splitlines() if line.strip()]
        return lines[-1][:300] if lines else f"ended with {self.process.returncode}"

    def epoch(self):
        """An epoch's figures. It ends, for the processor's time, when nothing of the tree computes any more."""
        before = cpu_seconds(self.process.pid)
        figures = self.ask(do="epoch")
        answered = now = cpu_seconds(self.process.pid)
        end = time.monotonic() + 1
        while time.monotonic() < end:
            time.sleep(0.02)
            earlier, now = now, cpu_seconds(self.process.pid)
            if now - earlier < 0.0005:
                break
        # What is computed after the answer would be an unfair start of the next epoch if it were much.
        return {**figures, "cpu_seconds": now - before, "late_seconds": now - answered}

    def epoch_memory(self):
        """The most memory during an epoch whose time is not measured, looked at every 20 ms."""
        most, is_over = [memory_bytes(self.process.pid)], threading.Event()

        def look():
            while not is_over.wait(0.02):
                most[0] = max(most[0], memory_bytes(self.process.pid))
        watcher = threading.Thread(target=look)
        watcher.start()
        try:
            self.ask(do="epoch")
        finally:
            is_over.set()
            watcher.join()
        return most[0]

    def end(self):
        try:
            self.process.stdin.close()
        except OSError:
            pass
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            pass
        try:
            os.killpg(self.process.pid, signal.SIGKILL)  # its own session: what it started and did not end
        except OSError:
            pass
        self.process.wait()
        self.process.stdout.close()
        self.errors.close()
