"""Lock files carry hashes and name no host, so they work behind any mirror; no private key is tracked."""

from __future__ import annotations

import json
import re

from tests.house.house import ROOT, House
from tests.house.rule import rule

PAGE_LOCK = "viewer-ui/package-lock.json"
_PIN = re.compile(r"^[a-z0-9][^\s=]*==.*(?:\n .*)*", flags=re.MULTILINE)
_KEY = re.compile("-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----")
_LARGEST_TEXT = 1_000_000


@rule(
    {"requirements/planted.lock": "flask==3.1.0\n"},
    {"requirements/planted.lock": "flask==3.1.0 \\\n    --hash=sha256:00\ndjango==5.2\n    # via nothing\n"},
    {"requirements/planted.lock": "# no pins at all\n"},
    {"requirements/planted.lock": "--index-url https://mirror.test\nflask==3.1.0 \\\n    --hash=sha256:00\n"},
)
def a_python_lock_has_hashes_and_names_no_host(house: House) -> list[str]:
    wrong = []
    for path in house.paths:
        if path.startswith("requirements/") and path.endswith(".lock"):
            text = house.text(path)
            pins = _PIN.findall(text)
            if not pins or "://" in text or any("--hash=sha256:" not in pin for pin in pins):
                wrong.append(path)
    return wrong


@rule({PAGE_LOCK: '{"packages": {"react": {"resolved": "https://mirror.test/react.tgz"}}}'})
def the_page_lock_names_no_host(house: House) -> list[str]:
    packages = json.loads(house.text(PAGE_LOCK))["packages"]
    return [f"{PAGE_LOCK}: {name}" for name, package in packages.items() if "resolved" in package]


@rule(*({"tests/planted.pem": f"-----BEGIN {kind}PRIVATE KEY-----\n"} for kind in ("", "RSA ", "OPENSSH ")))
def no_private_key_is_tracked(house: House) -> list[str]:
    texts = [path for path in house.paths if path in house.planted or (ROOT / path).stat().st_size < _LARGEST_TEXT]
    return [path for path in texts if _KEY.search(house.text(path))]
