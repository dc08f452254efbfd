// An action that names the tier of a number of points.

import { action, get, refuse, set } from "./flow.js";
import { manifest } from "./manifest.js";

function run() {
  const points = get("POINTS_ENTITY");
  if (points < 0) {
    refuse("{{prefix}}/points-negative", `the points are not at least 0: ${points}`, "POINTS_ENTITY");
  }
  set("TIER_ENTITY", points >= 1000 ? "gold" : "silver");
  return "next";
}

export const handler = action(manifest, run);
