#!/usr/bin/env python3
"""interrupt.py STAGE SIGNAL PROGRAM ARGUMENT...: runs the program and signals it in a stage.

The program tells its stages (--progress json is added).  When the stage begins, every process that reads evidence is
stopped, so that the stage cannot end; then the signal is sent.  For "verifying" the caller gives a medium that takes long
enough.  SIGNAL "TERM,TERM": the second one follows as soon as the first was taken.
Prints "status N" (negative: died of the signal), "stages ..." and "left N" processes; standard output goes to the file
"shown", standard error to "errors".
"""
import json
import os
import signal
import subprocess
import sys
import time


def children(pid):
    try:
        with open(f'/proc/{pid}/task/{pid}/children') as file:
            return [int(word) for word in file.read().split()]
    except OSError:
        return []


def descendants(pid):
    found = []
    for child in children(pid):
        found += [child] + descendants(child)
    return found


def send(pids, number):
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass


def stop_readers(pid):
    """Stops the coordinator, then all of its children, and lets it go on."""
    for _ in range(2500):  # a build with sanitizers takes its time
        os.kill(pid, signal.SIGSTOP)
        stopped = children(pid)
        if stopped:
            everyone = stopped + [below for child in stopped for below in descendants(child)]
            send(everyone, signal.SIGSTOP)
            os.kill(pid, signal.SIGCONT)
            return everyone
        os.kill(pid, signal.SIGCONT)
        time.sleep(0.002)
    return []


def main():
    stage, names, command = sys.argv[1], sys.argv[2].split(','), sys.argv[3:]
    signals = [getattr(signal, 'SIG' + name) for name in names]
    for number in signals:      # what the caller ignores the program would ignore too
        signal.signal(number, signal.SIG_DFL)
    process = subprocess.Popen(command + ['--progress', 'json'], stdin=subprocess.DEVNULL,
                               stdout=open('shown', 'wb'), stderr=subprocess.PIPE)
    seen, everyone, sent = [], [], 0
    with open('errors', 'wb') as errors:
        for line in process.stderr:
            errors.write(line)
            if not line.startswith(b'{"stage"'):
                continue
            now = json.loads(line)['stage']
            is_new = not seen or seen[-1] != now
            if is_new:
                seen.append(now)
            everyone = list(set(everyone + descendants(process.pid)))
            if is_new and now == stage and not sent:
                if stage not in ('verifying', 'judging', 'writing the report'):
                    everyone += stop_readers(process.pid)
                send([process.pid], signals[0])
                sent = 1
                if stage == 'identifying':
                    time.sleep(0.2)
                    send(everyone + descendants(process.pid), signal.SIGCONT)
            elif sent == 1 and len(signals) > 1 and is_new:
                send([process.pid], signals[1])
                sent = 2
    status = process.wait()
    send(everyone, signal.SIGCONT)
    deadline = time.time() + 10
    while time.time() < deadline and any(os.path.exists(f'/proc/{pid}') for pid in everyone):
        time.sleep(0.05)
    left = sum(os.path.exists(f'/proc/{pid}') for pid in everyone)
    print('status', status)
    print('stages', ', '.join(seen))
    print('left', left)


main()
