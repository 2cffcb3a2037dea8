"""Writes the results of `make bench-peers` into a page, between its markers.

    report.py docs/benchmarks.md RESULTS.jsonl…
"""

import json
import pathlib
import platform
import statistics
import subprocess
import sys

BEGIN, END = "<!-- peers -->", "<!-- end of peers -->"
OURS = "ringleader"
TITLES = {
    "leiden": "Communities",
    "components": "Connected components",
    "kcore": "k-core",
    "pagerank": "PageRank to an L1 change of 1e-6",
    "pagerank20": "PageRank, 20 iterations",
    "peel": "Dense-block peeling (FRAUDAR weights)",
}
# Another way to the same answer, shown beside it.
SAME = {"louvain": "leiden", "pagerank20-reordered": "pagerank20"}


def median(r, key="cpu"):
    return statistics.median(r[key])


def seconds(x):
    return f"{x:.3f}" if x < 1 else f"{x:.2f}" if x < 10 else f"{x:.1f}"


def row(cells):
    return "| " + " | ".join(cells) + " |"


def table(heading, rows):
    return [row(heading), "|" + "---|" * len(heading), *rows, ""]


def name(r):
    text = "**ringleader**" if r["tool"] == OURS else r["tool"]
    if r["algorithm"] == "louvain":
        text += " Louvain"
    if r["algorithm"] == "pagerank20-reordered":
        text += ", reordered first"
    return text


def kernels(results):
    lines = []
    for algorithm, title in TITLES.items():
        mine = [r for r in results if SAME.get(r["algorithm"], r["algorithm"]) == algorithm and r["graph"] != "anchor"]
        if not mine:
            continue
        lines += [f"### {title}", ""]
        rows = []
        for graph in dict.fromkeys(r["graph"] for r in mine):
            here = [r for r in mine if r["graph"] == graph]
            base = next(r for r in here if r["tool"] == OURS and r["threads"] == 1 and r["algorithm"] == algorithm)
            for r in here:
                ratio = "" if r is base else f"{median(r) / median(base):.2f}×"
                q = f"{r['q']:.5f}" if "q" in r else ""
                rows.append(row([graph, name(r), str(r["threads"]), seconds(median(r)), seconds(median(r, "wall")), ratio, q,
                                 f"{r['peak_mb']:.0f}", str(len(r["cpu"]))]))
        lines += table(["graph", "tool", "threads", "CPU s", "wall s", "CPU to ours", "Q", "peak MB", "runs"], rows)
    return lines


def whole(results):
    here = [r for r in results if r["graph"] == "anchor"]
    if not here:
        return []
    lines = ["### The whole way, beside Neo4j with its Graph Data Science library", "",
             "1,600,000 nodes and 2,000,000 links as CSV; out come the component and the community of every node. Neo4j: import, "
             "start, projection, both algorithms, written back. Ours: one command, or the embedded store.", ""]
    ours = {r["algorithm"]: r for r in here if r["tool"] == OURS and r["threads"] == 1 or r["algorithm"] == "load and detect"}
    peers = [r for r in here if r["tool"] == "gds"]
    rows = []
    for r in here:
        if r["algorithm"] not in ("whole way", "load and detect"):
            continue
        steps = ", ".join(f"{k} {v:.1f}" for k, v in r.get("steps", {}).items())
        rows.append(row([("**ringleader**, " if r["tool"] == OURS else "Neo4j + GDS, ") + r["algorithm"], str(r["threads"]),
                         seconds(median(r, "wall")), seconds(median(r)), f"{r['peak_mb']:.0f}", steps]))
    lines += table(["way", "threads", "wall s", "CPU s", "peak MB", "steps, wall s"], rows)
    best = [r for r in peers if r["algorithm"] == "whole way"]
    if best and "whole way" in ours:
        wall, cpu = min(median(r, "wall") for r in best), min(median(r) for r in best)
        for way in ("whole way", "load and detect"):
            if way in ours:
                lines.append(f"Neo4j's best of its concurrencies takes {wall / median(ours[way], 'wall'):.1f} times the wall time and "
                             f"{cpu / median(ours[way]):.1f} times the CPU time of ours, {way}.")
        lines.append("")
    rows = []
    for r in here:
        if r["algorithm"] in ("whole way", "load and detect"):
            continue
        rows.append(row([r["algorithm"], "**ringleader**" if r["tool"] == OURS else "Neo4j + GDS", str(r["threads"]),
                         seconds(median(r, "wall")), seconds(median(r))]))
    if rows:
        lines += ["The algorithms alone, on a warm server and a graph in memory:", ""]
        lines += table(["algorithm", "tool", "threads", "wall s", "CPU s"], sorted(rows))
    return lines


def machine():
    model = next((line.split(":", 1)[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.machine())
    load = pathlib.Path("/proc/loadavg").read_text().split()[0]
    go = subprocess.run(["go", "version"], capture_output=True, text=True, check=True).stdout.split()[2]
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
    return model, load, go, commit


def main():
    results = [json.loads(line) for path in sys.argv[2:] for line in open(path)]
    model, load, go, commit = machine()
    versions = sorted({f"{r['tool']} {r['version']}" for r in results if r.get("version") and r["tool"] != OURS})
    lines = [BEGIN, "", f"`make bench-peers`, at commit {commit}: {model}, {platform.system()} {platform.release()}, {go}, "
             f"Python {platform.python_version()}; {', '.join(versions)}. Load at the end: {load}. Medians; reading files and building "
             "each tool's own graph are not counted.", ""]
    lines += kernels(results) + whole(results) + [END]
    page = pathlib.Path(sys.argv[1])
    text = page.read_text()
    head, rest = text.split(BEGIN)
    page.write_text(head + "\n".join(lines) + rest.split(END)[1])


main()
