"""Writes engine/tree/testdata: small models, inputs, and what LightGBM itself
says of them, for the tests of the evaluator to compare with.

Versions: lightgbm 4.7.0, numpy 2. Run it again, from the top folder, with

    python3 scripts/tree/golden.py

The data is drawn with a fixed seed; no value stands for anybody.
"""

import json
import pathlib

import lightgbm
import numpy

folder = pathlib.Path("engine/tree/testdata")
rng = numpy.random.default_rng(2018)


def draw(n):
    """Five features: plain, with holes, mostly zero, discrete, and noise."""
    x = rng.normal(size=(n, 5))
    x[rng.random(n) < 0.3, 1] = numpy.nan
    x[rng.random(n) < 0.7, 2] = 0
    x[:, 3] = rng.integers(0, 4, size=n)
    odds = x[:, 0] + numpy.where(numpy.isnan(x[:, 1]), 1.5, x[:, 1]) * (x[:, 3] > 1) - 2 * (x[:, 2] > 0.5)
    return x, (odds + rng.normal(size=n) > 0.5).astype(float)


CASES = {
    "binary": {"objective": "binary", "num_leaves": 15},
    "zero_as_missing": {"objective": "binary", "num_leaves": 7, "zero_as_missing": True},
    "no_missing": {"objective": "binary", "sigmoid": 2.0, "num_leaves": 7, "use_missing": False},
    "regression": {"objective": "regression", "num_leaves": 5},
    "stump": {"objective": "binary", "num_leaves": 7, "min_data_in_leaf": 1400},
}

for name, params in CASES.items():
    x, y = draw(1500)
    fixed = {"seed": 7, "deterministic": True, "num_threads": 1, "verbose": -1, "min_data_in_leaf": 10}
    data = lightgbm.Dataset(x, y, feature_name=["plain", "holes", "zeros", "steps", "noise"])
    model = lightgbm.train({**fixed, **params}, data, num_boost_round=12)
    model.save_model(folder / f"{name}.txt")
    probe, _ = draw(20)
    probe[0], probe[1] = 0, numpy.nan
    probe[2] = 1e-36  # counts as zero
    cases = [
        {"x": [None if numpy.isnan(v) else v for v in row], "margin": margin, "value": value, "contributions": list(phi)}
        for row, margin, value, phi in zip(
            probe, model.predict(probe, raw_score=True), model.predict(probe), model.predict(probe, pred_contrib=True)
        )
    ]
    (folder / f"{name}.json").write_text(json.dumps(cases, indent=1) + "\n")
