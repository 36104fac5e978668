"""Kinds of shoes, bags and accessories."""

from __future__ import annotations

from recsys.catalog.demo.kind import Kind, extra, shoe

EXTRAS: dict[str, Kind] = {
    # Shoes
    "sneakers": shoe("sneakers", "Sneakers", "sneaker", "leather", 69, 160),
    "high tops": shoe("high-tops", "Sneakers", "high top", "canvas leather", 75, 170),
    "plimsolls": shoe("plimsolls", "Sneakers", "canvas", "canvas", 35, 79),
    "loafers": shoe("loafers", "Flats & Loafers", "loafer", "leather suede", 79, 190),
    "boat shoes": shoe("boat shoes", "Flats & Loafers", "boat shoe", "leather suede", 79, 160),
    "oxfords": shoe("oxfords", "Flats & Loafers", "oxford", "leather patent", 99, 240),
    "ballet flats": shoe(
        "ballet flats", "Flats & Loafers", "ballet", "leather satin", 49, 120, "women"
    ),
    "mary janes": shoe(
        "Mary Janes", "Flats & Loafers", "mary jane", "patent leather", 59, 140, "women"
    ),
    "sandals": shoe("sandals", "Sandals", "sandal", "leather suede", 39, 110),
    "pumps": shoe("pumps", "Heels", "pump", "leather patent", 79, 220, "women"),
    "heeled sandals": shoe(
        "heeled sandals", "Heels", "sandal heel", "satin patent", 89, 240, "women"
    ),
    "ankle boots": shoe("ankle boots", "Boots", "ankle boot", "leather suede", 99, 230, "women"),
    "chelsea": shoe("Chelsea boots", "Boots", "chelsea", "leather suede", 109, 240),
    "lace boots": shoe("lace-up boots", "Boots", "lace boot", "leather", 119, 260),
    "fringe boots": shoe("fringed boots", "Boots", "fringe boot", "suede", 109, 230),
    "riding boots": shoe("riding boots", "Boots", "riding", "leather", 149, 330, "women"),
    "wellies": shoe("wellington boots", "Boots", "wellington", "nylon", 59, 130),
    "gogo boots": shoe("go-go boots", "Boots", "gogo", "patent", 109, 240, "women"),
    # Bags
    "tote": extra("tote bag", "Bags", "bag", "tote", "canvas", 29, 89),
    "basket": extra("basket bag", "Bags", "bag", "basket", "straw", 39, 99, "women"),
    "handbag": extra("handbag", "Bags", "bag", "handbag", "leather patent", 99, 320, "women"),
    "briefcase": extra("briefcase", "Bags", "bag", "briefcase", "leather", 129, 340),
    "duffel": extra("duffel bag", "Bags", "bag", "duffel", "canvas leather", 69, 190),
    "hobo": extra("hobo bag", "Bags", "bag", "hobo", "suede leather", 79, 220, "women"),
    "crossbody": extra("crossbody bag", "Bags", "bag", "crossbody", "nylon leather", 45, 160),
    "satchel": extra("satchel", "Bags", "bag", "satchel", "leather", 89, 220),
    "fringe bag": extra("fringed bag", "Bags", "bag", "fringe bag", "suede", 69, 180, "women"),
    "bucket bag": extra(
        "bucket bag", "Bags", "bag", "bucket bag", "leather canvas", 69, 190, "women"
    ),
    "clutch": extra("clutch", "Bags", "bag", "clutch", "satin sequin patent", 49, 190, "women"),
    "backpack": extra("backpack", "Bags", "bag", "backpack", "nylon canvas", 59, 150),
    # Hats
    "wide brim": extra("wide-brimmed hat", "Hats", "hat", "wide brim", "wool suede", 49, 120),
    "fedora": extra("fedora", "Hats", "hat", "fedora", "wool", 49, 110),
    "boater": extra("boater", "Hats", "hat", "boater", "straw", 39, 79),
    "sun hat": extra("sun hat", "Hats", "hat", "sun hat", "straw", 39, 89, "women"),
    "beanie": extra("beanie", "Hats", "hat", "beanie", "knit", 19, 49),
    "cap": extra("cap", "Hats", "hat", "cap", "cotton", 19, 49),
    "beret": extra("beret", "Hats", "hat", "beret", "wool", 25, 59),
    "flat cap": extra("flat cap", "Hats", "hat", "flat cap", "tweed", 39, 79),
    "bucket hat": extra("bucket hat", "Hats", "hat", "bucket", "cotton nylon", 25, 59),
    # Scarves, sunglasses, belts
    "long scarf": extra("scarf", "Scarves", "scarf", "long scarf", "wool", 35, 99),
    "neckerchief": extra("neckerchief", "Scarves", "scarf", "neckerchief", "cotton", 19, 45),
    "silk scarf": extra("silk scarf", "Scarves", "scarf", "silk scarf", "satin", 39, 120),
    "snood": extra("snood", "Scarves", "scarf", "snood", "cable", 29, 69),
    "wayfarers": extra("sunglasses", "Sunglasses", "glasses", "wayfarer", "patent", 39, 160),
    "round glasses": extra("round sunglasses", "Sunglasses", "glasses", "round", "patent", 39, 150),
    "cat eye": extra(
        "cat-eye sunglasses", "Sunglasses", "glasses", "cat eye", "patent", 45, 170, "women"
    ),
    "aviators": extra("aviators", "Sunglasses", "glasses", "aviator", "patent", 49, 180),
    "belt": extra("belt", "Belts", "belt", "belt", "leather", 25, 89),
    "wide belt": extra("wide belt", "Belts", "belt", "wide belt", "leather suede", 35, 99),
    "webbing belt": extra("webbing belt", "Belts", "belt", "webbing", "canvas", 19, 45),
}
"""By name."""
