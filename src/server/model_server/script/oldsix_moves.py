"""`six.moves`: what Python 3 has in other places than Python 2 had it."""

from __future__ import annotations

import builtins
import collections
import configparser
import copyreg
import functools
import importlib
import itertools
import os
import pickle
import queue
import shlex
import sys
from io import BytesIO, StringIO
from typing import Any

__path__: list[str] = []  # urllib.request and the like are imported as if they were below a package
cPickle = pickle  # noqa: N816
cStringIO = StringIO  # noqa: N816
UserDict, UserList, UserString = collections.UserDict, collections.UserList, collections.UserString
filter, input, map, range, zip = filter, input, map, range, zip  # noqa: A001, PLW0127
xrange = range
filterfalse, zip_longest = itertools.filterfalse, itertools.zip_longest
getcwd, getcwdb = os.getcwd, os.getcwdb
intern = sys.intern
reduce = functools.reduce
reload_module = importlib.reload
shlex_quote = shlex.quote

__all__ = [
    "BytesIO", "StringIO", "UserDict", "UserList", "UserString", "builtins", "cPickle", "cStringIO",
    "configparser", "copyreg", "filter", "filterfalse", "getcwd", "getcwdb", "input", "intern", "map",
    "queue", "range", "reduce", "reload_module", "shlex_quote", "xrange", "zip", "zip_longest",
]  # fmt: skip
_LATER = {
    "urllib": "urllib",
    "urllib_parse": "urllib.parse",
    "urllib_error": "urllib.error",
    "http_client": "http.client",
    "html_parser": "html.parser",
    "socketserver": "socketserver",
    "tkinter": "tkinter",
    "winreg": "winreg",
    "_thread": "_thread",
}


def __getattr__(name: str) -> Any:
    if name in _LATER:
        if name == "urllib":
            for part in ("error", "parse", "request", "response"):
                importlib.import_module(f"urllib.{part}")
        return importlib.import_module(_LATER[name])
    raise AttributeError(f"six.moves has no {name} here: install six")
