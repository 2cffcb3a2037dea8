"""Turns what `ringleader eval --output json` says of one world into Markdown.

    ringleader eval --world mixed --baselines --output json | python3 tables.py "the command"
"""

import json
import sys

# Measure, heading, whether it counts.
COLUMNS = [
    ("node_auprc", "AUPRC", False),
    ("node_recall_at_positives", "R@positives", False),
    ("ring_recall", "ring recall", False),
    ("ring_precision", "ring precision", False),
    ("macro_recall", "macro recall", False),
    ("pair_f1", "pair F1", False),
    ("b_cubed_f1", "B³ F1", False),
    ("ami", "AMI", False),
    ("contamination", "contamination", False),
    ("traps_flagged", "traps", True),
    ("traps_flagged_share", "of all traps", False),
    ("honest_flagged_share", "alarms", False),
]
NIGHTS = [
    ("id_switch_rate", "ID switches"),
    ("flap_rate", "flaps"),
    ("rings_detected_share", "rings detected"),
    ("nights_to_detection_median", "nights, median"),
    ("nights_to_detection_p90", "nights, p90"),
    ("loss_before_flag_CNY", "loss before the flag"),
    ("split_recall", "splits told"),
    ("merge_recall", "merges told"),
]


def number(x, count=False):
    if count:
        return f"{x:.0f}"
    text = f"{x:.3f}"
    return text.replace("0.", ".", 1) if abs(x) < 1 else text


def row(cells):
    print("| " + " | ".join(cells) + " |")


def header(cells):
    row(cells)
    print("|" + "---|" * len(cells))


def spread(summary, name, count=False):
    s = summary.get(name)
    if s is None:
        return "–"
    if len(s["values"]) == 1:
        return number(s["mean"], count)
    return f"{number(s['mean'], count)} / {number(s['worst'], count)}"


def methods(world):
    header(["method"] + [heading for _, heading, _ in COLUMNS])
    for m in world["methods"]:
        summary = {s["name"]: s for s in m["summary"]}
        row([m["method"].replace("_", " ")] + [spread(summary, name, count) for name, _, count in COLUMNS])


def slices(world, engine):
    """Ring recall of every method by typology, and the engine's by size."""
    truth = engine["reports"]
    names = sorted({s["name"] for r in truth for s in r["by_typology"] if s["true"]})
    sizes = sorted({s["name"] for r in truth for s in r["by_size"] if s["true"]})
    if not names:
        return
    print()
    header(["ring recall", "rings"] + [m["method"].replace("_", " ") for m in world["methods"]])
    for kind, name in [("by_typology", n) for n in names] + [("by_size", n) for n in sizes]:
        rings = sum(s["true"] for r in truth for s in r[kind] if s["name"] == name)
        cells = [name.replace("_", " ") if kind == "by_typology" else name + " accounts", str(rings)]
        for m in world["methods"]:
            cells.append(spread({s["name"]: s for s in m["summary"]}, "ring_recall_" + name))
        row(cells)


def engine_only(engine):
    summary = {s["name"]: s for s in engine["summary"]}
    parts = [("recall at review capacity", "node_recall_at_capacity"), ("ECE", "node_ece"), ("fragmentation", "fragmentation"),
             ("roles, macro-F1", "role_macro_f1"), ("explanations that hit", "explanation_hits"), ("loss error", "loss_error_CNY")]
    said = [f"{label} {spread(summary, name)}" for label, name in parts if name in summary]
    print("\nThe engine besides: " + "; ".join(said) + ".")
    if "nights" in summary:
        print()
        header([heading for _, heading in NIGHTS])
        row([spread(summary, name) for name, _ in NIGHTS])


def checks(world):
    if world.get("gate"):
        print()
        header(["gate", "worst of the seeds", "limit"])
        for i, first in enumerate(world["gate"][0]["checks"]):
            values = [(g["checks"][i]["value"] - g["checks"][i]["limit"], g["checks"][i]) for g in world["gate"]]
            worst = (min if first.get("least") else max)(values, key=lambda v: v[0])[1]
            sign = "≥" if first.get("least") else "≤"
            verdict = "" if all(g["checks"][i]["holds"] for g in world["gate"]) else " **fails**"
            row([first["name"].replace("_", " "), number(worst["value"]) + verdict, f"{sign} {number(worst['limit'])}"])
    if world.get("stability"):
        same = sum(v["same"] for v in world["stability"])
        names = ", ".join(sorted({v["name"].replace("_", " ") for v in world["stability"]}))
        print(f"\nEqual results, byte for byte: {same} of {len(world['stability'])} ({names}).")


def main():
    world = json.load(sys.stdin)
    engine = next(m for m in world["methods"] if m["method"] == "engine")
    seeds = world["seeds"]
    print(f"### {world['world']}: {world['accounts']:,} accounts, seeds {', '.join(map(str, seeds))}\n")
    print(f"`{sys.argv[1]}`\n")
    rings = [r["rings"]["true"] for r in engine["reports"]]
    positives = [r["nodes"]["positives"] / r["nodes"]["accounts"] for r in engine["reports"]]
    print(f"{sum(rings) / len(rings):.0f} true rings a world, {100 * sum(positives) / len(positives):.2f} % of accounts in them.\n")
    methods(world)
    slices(world, engine)
    engine_only(engine)
    checks(world)
    print()


main()
