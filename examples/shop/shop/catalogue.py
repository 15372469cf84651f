"""What the shop sells: the same goods at the same prices on every machine."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Product:
    """One article.

    Args:
        id: number in the address of its page.
        name: what customers call it.
        category: department of the shop.
        price_cents: price in US cents.
        shelf: how many fit on the shelf; the level it is restocked to.
    """

    id: int
    name: str
    category: str
    price_cents: int
    shelf: int


PRODUCTS = tuple(
    Product(number, *row)
    for number, row in enumerate(
        (
            ("Enamel mug", "kitchen", 1290, 120),
            ("Pour-over kettle", "kitchen", 6450, 40),
            ("Hand coffee grinder", "kitchen", 8900, 30),
            ("Cast iron pan", "kitchen", 5490, 35),
            ("Bread knife", "kitchen", 3980, 50),
            ("Linen tea towel", "kitchen", 1150, 150),
            ("Desk lamp", "office", 7900, 30),
            ("Dot grid notebook", "office", 1480, 140),
            ("Fountain pen", "office", 4200, 60),
            ("Mechanical keyboard", "office", 12900, 25),
            ("Walnut pen tray", "office", 2950, 60),
            ("Wool desk pad", "office", 4890, 45),
            ("Canvas backpack", "travel", 9800, 30),
            ("Packing cubes", "travel", 3490, 70),
            ("Merino socks", "travel", 1890, 140),
            ("Steel water bottle", "travel", 2790, 100),
            ("Travel umbrella", "travel", 3150, 60),
            ("Passport wallet", "travel", 4550, 50),
            ("Garden trowel", "garden", 1950, 80),
            ("Bypass secateurs", "garden", 5290, 40),
            ("Terracotta pot", "garden", 1690, 110),
            ("Watering can", "garden", 3890, 45),
            ("Beeswax candle", "home", 1390, 150),
            ("Wool blanket", "home", 13900, 20),
        ),
        start=1,
    )
)
