"""What a collector's log says of a link that does not hold; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

LINES_SHOWN = 5

#: The collector's own log: time, level, caller, message, fields, with tabs between.
_BAD = re.compile(r"\t(?:error|warn)\t|\b[EW]\d{4} ")
_TIME = re.compile(r"^\S*\d\d:\d\d:\d\d\S*\s+")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal that no retry changes.

    Args:
        words: those of whoever refused.
        hint: what to do about it.
        patience: seconds it must go on for: kubelets remember a refusal for 30 s after the right was given
            (``authorization.webhook.cacheUnauthorizedTTL``).
    """

    words: str
    hint: str
    patience: float


_RIGHTS = "the collector lacks a right: kubeglass deploy grants it; see whether something else changes its ClusterRole"
_CERTIFICATE = (
    "the cluster's CA did not sign the kubelet's certificate: turn on server TLS bootstrap, or say"
    " collector.kubelet.insecure_skip_verify: true and know what that means"
)
_REFUSALS = (
    (re.compile(r"x509: [^\"\\}]+"), _CERTIFICATE, 0.0),
    (re.compile(r"Forbidden \(user=[^\"]+\)"), _RIGHTS, 35.0),
    (re.compile(r"\w+(?:\.[\w.]+)? is forbidden: [^\"\\]+"), _RIGHTS, 35.0),
    (re.compile(r"403 Forbidden"), _RIGHTS, 35.0),
)


def find_refusal(lines: Iterable[str]) -> Refusal | None:
    """Find the last line that tells of a refused right or certificate."""
    for line in reversed(list(lines)):
        for pattern, hint, patience in _REFUSALS:
            if found := pattern.search(line):
                return Refusal(found[0].strip(), hint, patience)
    return None


def choose_complaints(lines: Iterable[str]) -> list[str]:
    """Keep the last errors and warnings, each once, without its time; the last lines if there is none."""
    plain = [_TIME.sub("", line).replace("\t", " ") for line in lines if _BAD.search(line)]
    return list(dict.fromkeys(reversed(plain)))[:LINES_SHOWN][::-1]
