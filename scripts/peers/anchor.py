"""Makes the data of the comparison with Neo4j and its Graph Data Science library:
accounts, devices, phones and who used what, as CSV, seeded.

    anchor.py --out DIR [--accounts 1000000 --devices 400000 --phones 200000 --links 2000000 --hubs 200]

Of the identifiers 70 % have one account, nearly all others 2 to 10 (p ~ d^-1.5),
and the hubs share what is left of the links, thousands each. Half of those with 2
to 10 take their accounts from a window of 40 neighbours, as rings would, the
others from anywhere. Every account has a link; a pair occurs once; rows are
sorted by account, then identifier. Each file NAME.csv has one header line;
NAME-header.csv and NAME-rows.csv are the same for Neo4j's import tool.
"""

import argparse
import pathlib
import random

FIRST = 1_767_225_600  # seconds, where the time of links begins


def degrees(rng, n, total, hubs):
    one = int(n * 0.70)
    middle = n - one - hubs
    sizes = rng.choices(range(2, 11), weights=[d**-1.5 for d in range(2, 11)], k=middle)
    rest = total - one - sum(sizes)
    if hubs == 0 or rest < hubs * 11:
        raise SystemExit(f"the links do not fit: {rest} are left for {hubs} hubs")
    raw = [(i + 1) ** -0.8 for i in range(hubs)]
    large = [max(11, int(rest * x / sum(raw))) for x in raw]
    large[0] += rest - sum(large)
    out = [1] * one + sizes + large
    rng.shuffle(out)
    return out


def draw(rng, accounts, identifiers, links, hubs):
    """The pairs, each as account · identifiers + identifier, ascending."""
    degree = degrees(rng, identifiers, links, hubs)
    first = list(range(accounts))  # dealt out in random order, so that everybody gets a link
    rng.shuffle(first)
    dealt = 0
    pairs = set()
    order = list(range(identifiers))
    rng.shuffle(order)
    for i in order:
        d = min(degree[i], accounts)
        local = 2 <= d <= 10 and rng.random() < 0.5
        centre = rng.randrange(accounts)
        got = set()
        while len(got) < d:
            if local:
                x = (centre + rng.randrange(40)) % accounts
            elif dealt < accounts and rng.random() < 0.8:
                x = first[dealt]
                dealt += 1
            else:
                x = rng.randrange(accounts)
            got.add(x)
        pairs.update(x * identifiers + i for x in got)
    pairs.update(x * identifiers + rng.randrange(identifiers) for x in first[dealt:])
    pairs = sorted(pairs)
    while len(pairs) > links:  # never an account's last link
        spare = [k for k, (p, q) in enumerate(zip(pairs, pairs[1:])) if p // identifiers == q // identifiers]
        drop = set(rng.sample(spare, min(len(pairs) - links, len(spare) // 2)))
        pairs = [p for k, p in enumerate(pairs) if k not in drop]
    return pairs


def main():
    o = argparse.ArgumentParser()
    o.add_argument("--out", type=pathlib.Path, required=True)
    for name, value in [("accounts", 1_000_000), ("devices", 400_000), ("phones", 200_000), ("links", 2_000_000), ("hubs", 200), ("seed", 20261122)]:
        o.add_argument(f"--{name}", type=int, default=value)
    o = o.parse_args()
    o.out.mkdir(parents=True, exist_ok=True)
    identifiers = o.devices + o.phones
    pairs = draw(random.Random(o.seed), o.accounts, identifiers, o.links, o.hubs)

    def write(name, header, tool, rows):
        (o.out / f"{name}-header.csv").write_text(tool + "\n")
        with open(o.out / f"{name}.csv", "w") as plain, open(o.out / f"{name}-rows.csv", "w") as bare:
            plain.write(header + "\n")
            for row in rows:
                plain.write(row)
                bare.write(row)

    def account(x):
        return f"A{x:07d}"

    def device(i):
        return f"d{(i * 2654435761) & 0xFFFFFFFF:08x}"

    def phone(i):
        return f"+49{(i * 7919 + 1000003) % 1_000_000_000:09d}"

    def used(lo, hi, key):
        rng = random.Random(o.seed + lo)
        for p in pairs:
            x, i = divmod(p, identifiers)
            if lo <= i < hi:
                t = FIRST + rng.randrange(25_000_000)
                yield f"{account(x)},{key(i - lo)},{t},{t + rng.randrange(2_000_000)},{1 + int(rng.random() ** 4 * 30)}\n"

    times = "first_seen:long,last_seen:long,n:long"
    write("account", "account", "key:ID(Account)", (account(x) + "\n" for x in range(o.accounts)))
    write("device", "device", "key:ID(Device)", (device(i) + "\n" for i in range(o.devices)))
    write("phone", "phone", "key:ID(Phone)", (phone(i) + "\n" for i in range(o.phones)))
    write("used_device", "account,device,first_seen,last_seen,n", f":START_ID(Account),:END_ID(Device),{times}", used(0, o.devices, device))
    write("used_phone", "account,phone,first_seen,last_seen,n", f":START_ID(Account),:END_ID(Phone),{times}", used(o.devices, identifiers, phone))


main()
