"""A deployment tells everything once, and nothing that did not change."""

from __future__ import annotations

from io import StringIO

from rich.console import Console

from kubeglass.cli.deploying import RolloutOutput
from kubeglass.cli.output import Output
from kubeglass.deploy.api.objects import ObjectKey
from kubeglass.deploy.release.apply import Applied, Change
from kubeglass.deploy.rollout.status import ready, waiting
from kubeglass.deploy.verify.verification import Verified

SHOP = ObjectKey("apps/v1", "Deployment", "shop", "apps")
SERVICE = ObjectKey("v1", "Service", "shop", "apps")


def make_output() -> tuple[RolloutOutput, StringIO]:
    stream = StringIO()
    return RolloutOutput(Output(Console(file=StringIO()), Console(file=stream, width=200))), stream


def test_what_did_not_change_is_counted_and_not_listed() -> None:
    shown, stream = make_output()

    for key, change in ((SHOP, Change.CREATED), (SERVICE, Change.UNCHANGED)):
        shown.applied(Applied(key, change))

    assert stream.getvalue() == "  deployment/shop created\n"
    assert shown.summary == "1 created, 1 unchanged"


def test_a_wait_is_told_when_it_changes_and_what_was_ready_at_once_is_not() -> None:
    shown, stream = make_output()

    for state in (waiting("for a replica"), waiting("for a replica"), ready("1 of 1 ready")):
        shown.progress({SHOP: state, SERVICE: ready("has its address")})

    assert stream.getvalue() == "  deployment/shop waits for a replica\n  deployment/shop 1 of 1 ready\n"


def test_a_verified_link_is_shown_with_its_time() -> None:
    shown, stream = make_output()

    shown.verified(Verified("kubelet", "metrics of 1 node", 0.51))

    assert stream.getvalue() == "  kubelet: metrics of 1 node (0.5 s)\n"


def test_nothing_to_do_is_said() -> None:
    assert make_output()[0].summary == "nothing to do"
