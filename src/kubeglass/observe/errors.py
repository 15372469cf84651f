"""Errors of observing. The HTTP library's exceptions are translated here.

Callers translate these into a :class:`kubeglass.errors.KubeglassError` once they know what it means to the user.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from kubeglass.http import HTTPError, InvalidURL, TimeoutException


class ObserveError(Exception):
    """Observing failed; the message says what and why."""


class UnreachableError(ObserveError):
    """No response from the address, or not in time."""


class RefusedError(ObserveError):
    """An error response; the message contains its text."""


@contextmanager
def translate_http_errors(url: str) -> Iterator[None]:
    """Translate the HTTP library's exceptions into this module's, with the original as the cause.

    Raises:
        UnreachableError: there is no response from ``url``.
    """
    try:
        yield
    except TimeoutException as error:
        raise UnreachableError(f"{url} did not respond in time") from error
    except (HTTPError, InvalidURL) as error:
        raise UnreachableError(f"{url} does not respond ({str(error) or type(error).__name__})") from error
