"""Writes engine/eval/testdata/peers.json: what scikit-learn and networkx say of
small made cases, for the tests of the ruler to compare with.

Versions: scikit-learn 1.9.1, networkx 3.6.1, numpy 2.4.6. Run it again with

    python3 scripts/quality/fixtures.py > engine/eval/testdata/peers.json

The cases are drawn with a fixed seed; no value stands for anybody.
"""

import json
import random
import sys

import networkx as nx
import numpy
import sklearn
from sklearn.metrics import (
    adjusted_mutual_info_score,
    average_precision_score,
    f1_score,
    pair_confusion_matrix,
    roc_auc_score,
)

rng = random.Random(2018)


def nodes():
    """Scores with many ties, and a member share of about a fifth."""
    cases = []
    for n, levels in [(12, 4), (60, 7), (300, 1000)]:
        member = [rng.random() < 0.2 for _ in range(n)]
        member[0], member[1] = True, False
        score = [min(levels, max(0, round((rng.random() + 0.3 * m) * levels / 1.3))) / levels for m in member]
        cases.append({
            "score": score,
            "member": member,
            "auprc": average_precision_score(member, score),
            "auroc": roc_auc_score(member, score),
        })
    return cases


def partitions():
    """Labels of two partitions; -1 is alone."""
    cases = []
    for n, k in [(9, 2), (40, 5), (200, 20)]:
        truth = [rng.randrange(-1, k) for _ in range(n)]
        found = [t if rng.random() < 0.6 else rng.randrange(-1, k) for t in truth]
        # An account that both sides have alone is in no ring and not counted.
        kept = [(t, f) for t, f in zip(truth, found) if t >= 0 or f >= 0]
        truth, found = [t for t, _ in kept], [f for _, f in kept]
        alone = lambda labels: [l if l >= 0 else 1000 + i for i, l in enumerate(labels)]
        (_, said_only), (are_only, both) = pair_confusion_matrix(alone(truth), alone(found))
        cases.append({
            "truth": truth,
            "found": found,
            "ami": adjusted_mutual_info_score(alone(truth), alone(found)),
            "pair_precision": both / (both + said_only),
            "pair_recall": both / (both + are_only),
            "matched": matching(truth, found),
        })
    return cases


def matching(truth, found):
    """Most pairs of true and found rings at a Jaccard index of .5 or more."""
    g = nx.Graph()
    rings = lambda labels: {l: {i for i, x in enumerate(labels) if x == l} for l in set(labels) if l >= 0}
    t, f = rings(truth), rings(found)
    g.add_nodes_from(("t", i) for i in t)
    for i, a in t.items():
        for j, b in f.items():
            if 2 * len(a & b) >= len(a | b):
                g.add_edge(("t", i), ("f", j))
    return len(nx.bipartite.maximum_matching(g, top_nodes=[("t", i) for i in t])) // 2


def roles():
    names = ["cash_out", "mule", "victim"]
    truth = [rng.choice(names) for _ in range(50)]
    given = [t if rng.random() < 0.7 else rng.choice(names) for t in truth]
    return {"true": truth, "given": given, "macro_f1": f1_score(truth, given, average="macro")}


def components():
    """A graph of accounts and identifiers, and its connected components."""
    links = sorted({(rng.randrange(40), rng.randrange(35)) for _ in range(45)})
    g = nx.Graph()
    g.add_nodes_from(("a", i) for i in range(40))
    g.add_edges_from((("a", a), ("d", d)) for a, d in links)
    groups = [sorted(i for side, i in c if side == "a") for c in nx.connected_components(g)]
    return {"links": links, "components": sorted(g for g in groups if len(g) > 2)}


json.dump({
    "versions": {"scikit-learn": sklearn.__version__, "networkx": nx.__version__, "numpy": numpy.__version__},
    "nodes": nodes(), "partitions": partitions(), "roles": roles(), "components": components(),
}, sys.stdout, separators=(",", ":"))
print()
