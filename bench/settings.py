"""The product's settings, with the addresses that its pages are compared with."""

from publicity.settings import *  # noqa: F403  all of them

ROOT_URLCONF = "bench.urls"
