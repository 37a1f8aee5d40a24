"""Is the catalog plausible? A loop of its own in a few lines: read, look, print one JSON object."""

import json
from pathlib import Path

CHEAPEST, DEAREST = 5, 500

text = Path("products.json").read_text(encoding="utf-8")
products = json.loads(text)


def line_of(product: dict) -> int:
    """The line of `products.json` that names the product."""
    return text[: text.index(f'"{product["slug"]}"')].count("\n") + 1


findings = [
    {
        "rule": "implausible-price",
        "subject": f"/products/{product['slug']}",
        "severity": "error",
        "message": f"{product['en']['name']} costs €{product['price']:.2f}: not between €{CHEAPEST} and €{DEAREST}",
        "path": "products.json",
        "line": line_of(product),
    }
    for product in products
    if not CHEAPEST <= product["price"] <= DEAREST
]
in_stock = sum(product["stock"] > 0 for product in products)
metric = {"name": "in-stock", "value": in_stock, "unit": "products", "better": "higher", "gate": True, "exact": True}
print(json.dumps({"metrics": [metric], "findings": findings}))
