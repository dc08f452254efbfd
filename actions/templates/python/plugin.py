"""An action that names the tier of a number of points."""

import flow


def run() -> str:
    points = flow.get("POINTS_ENTITY")
    if points < 0:
        flow.refuse("{{prefix}}/points-negative", f"the points are not at least 0: {points}", "POINTS_ENTITY")
    flow.set("TIER_ENTITY", "gold" if points >= 1_000 else "silver")
    return "next"


Handler = flow.action(run)
