#!/usr/bin/env python3
"""peak_memory.py COMMAND [ARGUMENT...]: the most KiB that the command and its children held at any time, by proportional shares.

What several processes share counts once (Pss of /proc/PID/smaps_rollup).  Looked at a hundred times a second, so that a
shorter peak may be missed.  Ends with 1 where nothing could be looked at, or the command failed as none of its results does.
"""
import subprocess
import sys
import time

INTERVAL_SECONDS = 0.01
LAST_RESULT = 3


def family(pid):
    """The process and what it started, as far as they are still there."""
    members = [pid]
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as children:
            for child in children.read().split():
                members += family(int(child))
    except OSError:
        pass
    return members


def share(pid):
    try:
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as rollup:
            return sum(int(line.split()[1]) for line in rollup if line.startswith("Pss:"))
    except OSError:
        return 0


def main():
    process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
    peak = 0
    while process.poll() is None:
        peak = max(peak, sum(share(pid) for pid in family(process.pid)))
        time.sleep(INTERVAL_SECONDS)
    print(peak)
    return 0 if peak and 0 <= process.returncode <= LAST_RESULT else 1


sys.exit(main())
