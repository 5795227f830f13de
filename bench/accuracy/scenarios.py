"""The scenarios of the accuracy matrix: which attacks, among which ordinary life."""

DAYS = 30

# Profile, its own size, sizes (accounts) and rates (attempts a day) that are tried.
ROUNDS_PROFILES = {
    "msolspray": ((30, 100, 400, 1500), (7200, 28800, 72000, 288000)),
    "o365spray": ((30, 100, 400, 1500), (28800, 144000, 576000, 1440000)),
    "trevorspray": ((60, 150, 500, 1500), (800, 2469, 8000, 28800)),
    "teamfiltration": ((60, 150, 300, 1000), (2880, 8640, 17280, 57600)),
    "credmaster": ((40, 100, 300, 1000), (720, 2160, 4320, 14400)),
    "go365": ((30, 100, 300, 1500), (4320, 14400, 43200, 144000)),
    "fasthttp": ((30, 100, 300, 1000), (14400, 72000, 288000, 1440000)),
    "stuffing": ((40, 100, 300, 1000), (720, 2160, 5760, 28800)),
    "internal_host": ((30, 100, 300, 1500), (7200, 28800, 86400, 288000)),
    "slow_pool": ((40, 100, 200, 1000), (400, 1000, 1500, 6000)),
}
STEADY_PROFILES = {
    "botnet": ((60, 150, 300, 1000), (1, 2)),
    "browser_botnet": ((60, 150, 300, 1000), (0.5, 1)),
    "midnight_blizzard": ((20, 40, 60, 100), (1, 2)),
    "noninteractive_botnet": ((60, 150, 300, 1000), (1, 2)),
    "peach_sandstorm": ((60, 150, 500, 1500), (0.5, 1)),
    "single_slow": ((40, 60, 100, 200), (0.25, 0.5)),
}


def life(seed, people=2000, days=DAYS, noise="all"):
    return ["--seed", str(seed), "--people", str(people), "--days", str(days), "--noise", noise]


def attack(profile, **values):
    pairs = ",".join(f"{key}={value}" for key, value in values.items())
    return ["--attack", f"{profile}:{pairs}"]


def scenario(group, name, gen, days=DAYS):
    return {"group": group, "name": f"{group}/{name}", "gen": gen, "days": days}


def alone(start=16, seed=100):
    """Every profile by itself, in four sizes and rates (both where a rate follows the size)."""
    for profile, (sizes, rates) in ROUNDS_PROFILES.items():
        for size in sizes:
            for rate in rates:
                seed += 1
                yield scenario(profile, f"{size}-accounts-{rate}-a-day",
                               life(seed) + attack(profile, start=start, accounts=size, rate=f"{rate}/d"))
    for profile, (sizes, shares) in STEADY_PROFILES.items():
        for size in sizes:
            for share in shares:
                for days in (5, 14):
                    seed += 1
                    rate = max(1, int(size * share))
                    yield scenario(profile, f"{size}-accounts-{rate}-a-day-{days}-days",
                                   life(seed) + attack(profile, start=start, accounts=size,
                                                       rate=f"{rate}/d", days=days))


def quiet():
    for people in (500, 2000, 8000):
        for seed in (1, 2, 3):
            yield scenario(f"quiet-{people}", str(seed), life(seed, people))
    yield scenario("quiet-50000", "1", life(1, 50000) + ["--signins-per-day", "1"])


def mixed():
    """Several attacks at once on one tenant."""
    together = {
        "two-botnets": attack("botnet", start=14, days=14) +
        attack("noninteractive_botnet", start=15, days=12),
        "tool-in-botnet": attack("browser_botnet", start=12, days=16) +
        attack("msolspray", start=18),
        "two-tools": attack("trevorspray", start=16) + attack("go365", start=16),
        "three-tools": attack("credmaster", start=16) + attack("fasthttp", start=16) +
        attack("teamfiltration", start=16),
        "slow-and-fast": attack("midnight_blizzard", start=12) + attack("fasthttp", start=17),
        "same-hour": attack("msolspray", start=16) + attack("o365spray", start=16),
        "relay-and-pool": attack("peach_sandstorm", start=12) + attack("slow_pool", start=15),
        "two-browsers": attack("browser_botnet", start=14, days=12) +
        attack("stuffing", start=17),
    }
    for seed in (11, 12, 13):
        for name, attacks in together.items():
            yield scenario("mixed", f"{name}-{seed}", life(seed) + attacks)


def cold():
    """The log begins two days before the attack."""
    seed = 500
    for profile in (*ROUNDS_PROFILES, *STEADY_PROFILES):
        seed += 1
        yield scenario("cold-start", profile, life(seed) + attack(profile, start=2))


def large():
    """A large company: more mistypes to hide among."""
    seed = 600
    for profile in (*ROUNDS_PROFILES, *STEADY_PROFILES):
        seed += 1
        yield scenario("large", profile,
                       life(seed, 20000) + ["--signins-per-day", "1"] + attack(profile, start=16))


def full():
    return [*alone(), *quiet(), *mixed(), *cold(), *large()]


def quick():
    """One of each kind: the part that is run as a test."""
    seed, found = 40, []
    for profile in (*ROUNDS_PROFILES, *STEADY_PROFILES):
        seed += 1
        found.append(scenario(profile, "default", life(seed, 1000) + attack(profile, start=16)))
    found.append(scenario("quiet", "1", life(1, 1000)))
    found.append(scenario("mixed", "two-tools", life(11, 1000) + attack("trevorspray", start=16) +
                          attack("go365", start=16)))
    return found


SETS = {"full": full, "quick": quick, "quiet": lambda: [*quiet()], "mixed": lambda: [*mixed()],
        "alone": lambda: [*alone()], "cold": lambda: [*cold()], "large": lambda: [*large()],
        "defaults": lambda: [*quick(), *quiet(), *mixed(), *cold()]}

# What the quick set must reach. None of it depends on timing; all of it leaves room, so that a change
# of the generator's draw breaks nothing.
BOUNDS = {"found_share": (">=", 1.0), "false": ("<=", 0), "fragments": ("<=", 1.2),
          "merged": ("<=", 0), "attempts_median": ("<=", 20), "hours_most": ("<=", 24),
          "confirmed_share": (">=", 0.97), "confirmed_false": ("<=", 1)}


def broken_bounds(total):
    """What of a set's totals lies beyond the bounds, as texts."""
    values = dict(total, confirmed_share=total["confirmed_found"] / max(1, total["confirmed"]))
    return [f"{name} is {values[name]}, wanted {sign} {bound}"
            for name, (sign, bound) in BOUNDS.items()
            if values[name] is None or (values[name] < bound if sign == ">=" else
                                        values[name] > bound)]
