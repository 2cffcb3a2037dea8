"""Compares `ringleader resolve` with splink on one labelled file.

    python peers.py records.csv.gz resolve.json seconds

Prints a Markdown table. splink is configured as its documentation does for this
data set (deduplicate_50k_synthetic): the same blocking rules, comparisons, term
frequencies and training. Its documentation clusters at a probability of .95; the
row "best threshold in hindsight" lets it choose by the labels, which no real
user could. The labels are read here and nowhere else.
"""

import collections
import json
import sys
import time

import duckdb
import splink
import splink.comparison_library as cl
from splink import Linker, SettingsCreator, block_on
from splink.backends.duckdb import DuckDBAPI


def train(api, records):
    """A linker with the parameters of the documentation, learned on records."""
    settings = SettingsCreator(
        link_type="dedupe_only",
        blocking_rules_to_generate_predictions=[
            block_on("substr(first_name,1,3)", "substr(surname,1,4)"),
            block_on("surname", "dob"),
            block_on("first_name", "dob"),
            block_on("postcode_fake", "first_name"),
            block_on("postcode_fake", "surname"),
            block_on("dob", "birth_place"),
            block_on("substr(postcode_fake,1,3)", "dob"),
            block_on("substr(postcode_fake,1,3)", "first_name"),
            block_on("substr(postcode_fake,1,3)", "surname"),
            block_on("substr(first_name,1,2)", "substr(surname,1,2)", "substr(dob,1,4)"),
        ],
        comparisons=[
            cl.ForenameSurnameComparison(
                "first_name", "surname", forename_surname_concat_col_name="first_name_surname_concat"
            ),
            cl.DateOfBirthComparison("dob", input_is_string=True),
            cl.PostcodeComparison("postcode_fake"),
            cl.ExactMatch("birth_place").configure(term_frequency_adjustments=True),
            cl.ExactMatch("occupation").configure(term_frequency_adjustments=True),
        ],
    )
    linker = Linker(api.register(records), settings)
    linker.training.estimate_probability_two_random_records_match(
        [
            block_on("first_name", "surname", "dob"),
            block_on("substr(first_name,1,2)", "surname", "substr(postcode_fake,1,2)"),
            block_on("dob", "postcode_fake"),
        ],
        recall=0.6,
    )
    linker.training.estimate_u_using_random_sampling(max_pairs=1e7, seed=1)
    for rule in (block_on("first_name", "surname"), block_on("dob")):
        linker.training.estimate_parameters_using_expectation_maximisation(
            rule, estimate_without_term_frequencies=True
        )
    return linker


def pairs(n):
    return n * (n - 1) // 2


def measures(truth, found):
    """Pair and B-cubed precision, recall and F1 of a partition, and its size.
    truth and found give each record its group."""
    both = collections.Counter((truth[r], found[r]) for r in truth)
    true, guess = collections.Counter(truth.values()), collections.Counter(found.values())
    hit = sum(pairs(n) for n in both.values())
    out = {}
    p, r = hit / max(sum(map(pairs, guess.values())), 1), hit / sum(map(pairs, true.values()))
    out["pair"] = (p, r, 2 * p * r / (p + r) if p + r else 0.0)
    # Bagga and Baldwin 1998: the mean over records of the share of their group that is right.
    p = sum(n * n / guess[g] for (_, g), n in both.items()) / len(truth)
    r = sum(n * n / true[t] for (t, _), n in both.items()) / len(truth)
    out["cubed"] = (p, r, 2 * p * r / (p + r))
    out["people"] = len(guess)
    return out


def row(name, m, seconds):
    cells = [f"{x:.3f}".replace("0.", ".", 1) for x in m["pair"] + m["cubed"]]
    print("| " + " | ".join([name, *cells, f"{m['people']:,}", seconds]) + " |")


def main():
    path, resolved, seconds = sys.argv[1:]
    started = time.process_time()
    api = DuckDBAPI()
    records = api.duckdb_con.sql(
        f"select * exclude (cluster), first_name || ' ' || surname as first_name_surname_concat from read_csv('{path}', all_varchar=true)"
    )
    linker = train(api, records)
    predictions = linker.inference.predict(threshold_match_probability=0.01)
    at = {}
    for threshold in (0.5, 0.9, 0.95, 0.99, 0.999, 0.9999, 0.99999):
        clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(
            predictions, threshold_match_probability=threshold
        )
        at[threshold] = {r["unique_id"]: r["cluster_id"] for r in clusters.as_record_list()}
        if threshold == 0.95:
            spent = time.process_time() - started
    spent = f"{spent:.0f}"

    with open(resolved, encoding="utf-8") as f:
        doc = json.load(f)
    ours = {ref.split(":", 1)[1]: i for i, p in enumerate(doc["people"]) for ref in p["refs"]}

    truth = dict(duckdb.sql(f"select unique_id, cluster from read_csv('{path}', all_varchar=true)").fetchall())
    for record in truth:
        ours.setdefault(record, record)
    print(f"\n{len(truth):,} records of {len(set(truth.values())):,} people; splink {splink.__version__} with duckdb {duckdb.__version__}.\n")
    print("| method | pair P | pair R | pair F1 | B³ P | B³ R | B³ F1 | people | CPU s |")
    print("|---|---|---|---|---|---|---|---|---|")
    row("`ringleader resolve`", measures(truth, ours), seconds)
    row("splink, as documented (.95)", measures(truth, at[0.95]), spent)
    threshold, best = max(
        ((t, measures(truth, found)) for t, found in at.items()), key=lambda x: x[1]["pair"][2]
    )
    row(f"splink, best threshold in hindsight ({threshold:g})", best, spent)
    print()


main()
