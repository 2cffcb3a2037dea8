"""Times our program on the data of anchor.py, the whole way, and prints lines of
JSON as gds.py does: CSV files to components and communities of every node in a
file; and the same through the embedded store, `load` and `detect`.

Identifiers stay as they are written, as they do in the other tool.

    ours.py --data DIR --program FILE --kernels FILE --work DIR --repeat 5
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import time

import numpy

MAPPING = """name: anchor
tables:
- file: used_device
  columns: {first_seen: {type: time}, last_seen: {type: time}}
  links: [{from: "account:{account}", to: "device:{device}", at: first_seen, until: last_seen}]
- file: used_phone
  columns: {first_seen: {type: time}, last_seen: {type: time}}
  links: [{from: "account:{account}", to: "phone:{phone}", at: first_seen, until: last_seen}]
"""


def timed(args):
    """Wall and CPU seconds and peak memory of one command."""
    clock = time.perf_counter()
    process = subprocess.Popen(args, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 3):
        raise SystemExit(f"{' '.join(map(str, args))}: exit code {process.returncode}")
    return time.perf_counter() - clock, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def fresh(work):
    """Empties the folder; the mapping in it."""
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    mapping = work / "anchor.yaml"
    mapping.write_text(MAPPING)
    return mapping


def graph_file(files, path):
    """The links of the files as a graph file: accounts first, links ascending."""
    accounts, identifiers, links = {}, {}, []
    for name in files:
        with open(name) as rows:
            next(rows)
            for row in rows:
                account, identifier, _ = row.split(",", 2)
                links.append((accounts.setdefault(account, len(accounts)), identifiers.setdefault((name, identifier), len(identifiers))))
    links = numpy.array(links, dtype="<u4")
    links[:, 1] += len(accounts)
    links = links[numpy.lexsort((links[:, 1], links[:, 0]))]
    numpy.concatenate([numpy.array([len(accounts) + len(identifiers)], dtype="<u4"), links.ravel()]).tofile(path)


def alone(o, files):
    """The kernels alone, on the graph in memory."""
    path = o.work.parent / "anchor.bin"
    graph_file(files, path)
    for kernel in ("components", "leiden", "pagerank20"):
        for threads in ("1", "2"):
            line = subprocess.run([o.kernels, "run", "ringleader", kernel, path, "--repeat", str(o.repeat), "--threads", threads],
                                  capture_output=True, check=True, text=True).stdout
            print(line.replace("pagerank20", "pagerank"), end="", flush=True)


def main():
    o = argparse.ArgumentParser()
    for name in ("data", "program", "kernels", "work"):
        o.add_argument(f"--{name}", type=pathlib.Path, required=True)
    o.add_argument("--repeat", type=int, default=5)
    o = o.parse_args()
    files = [o.data / "used_device.csv", o.data / "used_phone.csv"]

    def say(algorithm, threads, runs):
        walls, cpus, peaks = zip(*runs)
        print(json.dumps({"tool": "ringleader", "graph": "anchor", "threads": threads, "algorithm": algorithm,
                          "wall": walls, "cpu": cpus, "peak_mb": max(peaks)}), flush=True)

    for threads in (1, 2):
        runs = []
        for _ in range(o.repeat):
            mapping = fresh(o.work)
            runs.append(timed([o.program, "communities", *files, "--mapping", mapping, "--raw-identifiers", "--threads", str(threads), "--quiet", "--out", o.work / "communities.csv"]))
        say("whole way", threads, runs)
    runs = []
    for _ in range(min(o.repeat, 3)):
        mapping, store = fresh(o.work), o.work / "anchor.db"
        steps = [timed([o.program, "load", *files, "--mapping", mapping, "--raw-identifiers", "--store", store, "--quiet"]),
                 timed([o.program, "detect", "--store", store, "--quiet"])]
        runs.append((sum(s[0] for s in steps), sum(s[1] for s in steps), max(s[2] for s in steps)))
    say("load and detect", 2, runs)
    alone(o, files)


main()
