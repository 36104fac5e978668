"""Every place under the sky, by name."""

from recsys.catalog.demo import nature, town

OUTDOORS = {
    "street": town.street,
    "downtown": town.downtown,
    "graffiti": town.graffiti,
    "park": nature.park,
    "meadow": nature.meadow,
    "woods": nature.woods,
    "village": town.village,
    "harbour": town.harbour,
    "orchard": nature.orchard,
    "night": town.night,
}
