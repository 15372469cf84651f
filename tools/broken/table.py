"""All that is broken on purpose, one promise after the other."""

from __future__ import annotations

from tools.broken.mutation import Mutation
from tools.broken.pages import PAGES
from tools.broken.requests import REQUESTS
from tools.broken.workers import WORKERS

MUTATIONS: tuple[Mutation, ...] = (*REQUESTS, *PAGES, *WORKERS)
