"""What can go wrong while looking; the HTTP library's own exceptions stop in this room.

```text
ObserveError
├── UnreachableError   nothing answered: connection refused, reset or too slow
└── RefusedError       it answered, and said no
```

Callers translate these into a :class:`kubeglass.errors.KubeglassError` once they know what it means to the user.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from kubeglass.http import HTTPError, InvalidURL, TimeoutException


class ObserveError(Exception):
    """Looking failed; the message says at what and why."""


class UnreachableError(ObserveError):
    """Nothing answered at the address, or not in time."""


class RefusedError(ObserveError):
    """The other side answered with an error; the message carries its words."""


@contextmanager
def translate_http_errors(url: str) -> Iterator[None]:
    """Turn the HTTP library's exceptions into this room's, the original kept as the cause.

    Raises:
        UnreachableError: nothing answered at ``url``.
    """
    try:
        yield
    except TimeoutException as error:
        raise UnreachableError(f"{url} did not answer in time") from error
    except (HTTPError, InvalidURL) as error:
        raise UnreachableError(f"{url} does not answer ({str(error) or type(error).__name__})") from error
