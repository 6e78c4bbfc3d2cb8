"""Which imports of a pickle are worth a look, and which ones an allow list lets through."""

from __future__ import annotations

import _compat_pickle
from collections.abc import Iterable

_RUNS = "it can run programs or code"
_REACHES = "it can reach whatever is loaded"
_NETWORK = "it can talk to the network"
_FILES = "it can change files"
_LOADS = "it can load other pickles or modules"
_CODE = "the pickle holds code of its own"


def _each(words: str, reason: str, prefixes: str = "") -> dict[str, str]:
    return {prefix + word: reason for prefix in prefixes.split() or [""] for word in words.split()}


_MODULES = {
    **_each(
        "os posix nt pty subprocess commands runpy code codeop timeit trace profile cProfile pdb bdb ctypes "
        "_ctypes cffi multiprocessing _posixsubprocess concurrent asyncio threading _thread signal sys "
        "webbrowser platform pip idlelib distutils setuptools doctest test cgitb venv ensurepip lib2to3",
        _RUNS,
    ),
    **_each(
        "socket _socket ssl http urllib urllib2 httplib requests ftplib smtplib telnetlib poplib imaplib "
        "xmlrpc aiohttp httpx paramiko socketserver",
        _NETWORK,
    ),
    **_each("shutil tempfile pathlib io _io glob fileinput zipfile tarfile mmap", _FILES),
    **_each(
        "importlib imp pkgutil zipimport _frozen_importlib _frozen_importlib_external pickle _pickle "
        "pickletools marshal shelve dill cloudpickle jsonpickle",
        _LOADS,
    ),
}
_NAMES = {
    **_each("eval exec compile breakpoint input apply", _RUNS, "builtins."),
    **_each("getattr setattr delattr globals locals vars", _REACHES, "builtins."),
    "builtins.__import__": _LOADS,
    "builtins.open": _FILES,
    **_each("FunctionType CodeType LambdaType MethodType", _CODE, "types."),
    **_each("attrgetter methodcaller", _REACHES, "operator. _operator."),
    **_each("partial reduce", _REACHES, "functools. _functools."),
    "numpy.testing._private.utils.runstring": _RUNS,
    **_each(
        "numpy.load joblib.load joblib.numpy_pickle.load torch.load pandas.read_pickle "
        "pandas.io.pickle.read_pickle",
        _LOADS,
    ),
    "torch.hub.load": _NETWORK,
}
_CODE_MODULES = ("cloudpickle", "joblib.externals.cloudpickle", "dill", "sklearn.externals.cloudpickle")

# Plain data, and how numpy and joblib write arrays: makes nothing but values.
_HARMLESS = {
    **_each(
        "object set frozenset dict list tuple int long float complex str unicode bytes bytearray bool slice "
        "range xrange Ellipsis NotImplemented",
        "",
        "builtins. __builtin__.",
    ),
    **_each("OrderedDict defaultdict deque Counter", "", "collections."),
    **_each("_reconstructor __newobj__", "", "copyreg. copy_reg."),
    **_each("date datetime time timedelta timezone", "", "datetime."),
    **_each("_codecs.encode decimal.Decimal fractions.Fraction uuid.UUID numpy.ndarray numpy.dtype", ""),
    **_each("multiarray._reconstruct multiarray.scalar numeric._frombuffer", "", "numpy.core. numpy._core."),
    "joblib.numpy_pickle.NumpyArrayWrapper": "",
}


def modern_name(module: str, name: str) -> tuple[str, str]:
    """The Python 3 place of what a pickle of Python 2 names."""
    if (module, name) in _compat_pickle.NAME_MAPPING:
        found: tuple[str, str] = _compat_pickle.NAME_MAPPING[module, name]
        return found
    return _compat_pickle.IMPORT_MAPPING.get(module, module), name


def suspicion(module: str, name: str) -> str | None:
    """Why an import deserves a look before the file is loaded; None when it is of an ordinary kind."""
    module, name = modern_name(module, name)
    full = f"{module}.{name}"
    if full in _NAMES:
        return _NAMES[full]
    if any(module == code or module.startswith(code + ".") for code in _CODE_MODULES):
        return _CODE
    root = module.split(".", 1)[0]
    if root in _MODULES:
        return _MODULES[root]
    # 'numpy' with 'os.system', or a package's own 'os', reaches a module through another one.
    return _REACHES if any(part in _MODULES for part in name.split(".")) else None


def is_allowed(module: str, name: str, patterns: Iterable[str]) -> bool:
    """Whether plain data, or named by a pattern: 'package.*' for all below it, else the whole name.

    A name with dots goes through attributes to anything that a module happens to have, so only a pattern that
    is that very name allows it.
    """
    full = f"{module}.{name}"
    if full in _HARMLESS:
        return True
    for pattern in patterns:
        if pattern in {full, "*"}:
            return True
        if pattern.endswith(".*") and "." not in name and full.startswith(pattern[:-1]):
            return True
    return False
