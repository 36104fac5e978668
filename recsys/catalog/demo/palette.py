"""Named colours of cloth, leather, skin and hair."""

from __future__ import annotations

from recsys.catalog.demo.cloth import RGB

COLOURS: dict[str, RGB] = {
    # whites and neutrals
    "white": (246, 245, 241),
    "ivory": (243, 235, 218),
    "cream": (239, 225, 197),
    "oat": (220, 201, 169),
    "sand": (206, 182, 145),
    "camel": (188, 142, 90),
    "stone": (181, 172, 156),
    "pale grey": (201, 203, 206),
    "grey": (138, 141, 147),
    "charcoal": (72, 75, 84),
    "black": (42, 41, 47),
    # blues
    "navy": (34, 48, 88),
    "midnight": (31, 34, 66),
    "cobalt": (40, 78, 170),
    "sailor blue": (56, 98, 158),
    "sky": (160, 198, 224),
    "powder blue": (194, 213, 229),
    "teal": (34, 112, 116),
    "turquoise": (54, 178, 180),
    "ice": (214, 226, 236),
    # reds and pinks
    "signal red": (202, 44, 48),
    "brick": (158, 66, 50),
    "burgundy": (112, 32, 52),
    "ruby": (150, 22, 60),
    "rust": (182, 84, 44),
    "coral": (236, 118, 96),
    "blush": (240, 200, 196),
    "rose": (220, 138, 150),
    "hot pink": (232, 74, 138),
    "berry": (148, 54, 94),
    # yellows and oranges
    "mustard": (212, 158, 48),
    "sunshine": (247, 203, 70),
    "orange": (238, 124, 40),
    "acid": (206, 228, 62),
    "gold": (200, 160, 84),
    "butter": (246, 226, 160),
    "champagne": (228, 208, 178),
    # greens
    "forest": (40, 76, 56),
    "moss": (102, 112, 62),
    "olive": (112, 106, 62),
    "sage": (172, 190, 160),
    "emerald": (14, 108, 84),
    "mint": (190, 224, 204),
    "khaki": (142, 132, 96),
    # purples and browns
    "lavender": (196, 182, 220),
    "lilac": (216, 196, 226),
    "plum": (104, 56, 96),
    "violet": (118, 82, 178),
    "chocolate": (82, 54, 42),
    "tan": (172, 112, 66),
    "cognac": (150, 84, 44),
    "terracotta": (198, 108, 76),
    # denim, straw
    "indigo": (48, 66, 108),
    "mid blue": (88, 120, 164),
    "washed blue": (150, 178, 206),
    "black denim": (62, 64, 72),
    "straw": (222, 190, 130),
    "natural": (232, 212, 168),
    # metals
    "brass": (206, 172, 96),
    "silver": (196, 200, 208),
    "gunmetal": (110, 114, 124),
}

SKIN: tuple[RGB, ...] = (
    (246, 212, 188),
    (238, 197, 166),
    (228, 182, 146),
    (208, 156, 116),
    (180, 124, 86),
    (146, 96, 64),
    (112, 72, 50),
    (86, 56, 42),
)
"""From fair to deep."""

HAIR: tuple[RGB, ...] = (
    (38, 32, 34),
    (58, 42, 38),
    (92, 60, 42),
    (130, 84, 50),
    (168, 116, 66),
    (214, 172, 108),
    (232, 204, 152),
    (164, 74, 38),
    (188, 188, 192),
)
"""Black, browns, blonds, red and grey."""
