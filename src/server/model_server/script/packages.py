"""Which package on PyPI a module comes from, and what is installed; nothing here imports a user's module."""

from __future__ import annotations

import importlib.util

_PACKAGES = {
    "attr": "attrs",
    "Bio": "biopython",
    "bs4": "beautifulsoup4",
    "Crypto": "pycryptodome",
    "cv2": "opencv-python-headless",
    "dateutil": "python-dateutil",
    "dotenv": "python-dotenv",
    "faiss": "faiss-cpu",
    "fitz": "PyMuPDF",
    "git": "GitPython",
    "google.protobuf": "protobuf",
    "hdbscan": "hdbscan",
    "jose": "python-jose",
    "jwt": "PyJWT",
    "magic": "python-magic",
    "mpl_toolkits": "matplotlib",
    "MySQLdb": "mysqlclient",
    "OpenSSL": "pyOpenSSL",
    "PIL": "Pillow",
    "psycopg2": "psycopg2-binary",
    "pydantic_settings": "pydantic-settings",
    "pylab": "matplotlib",
    "requests_toolbelt": "requests-toolbelt",
    "rest_framework": "djangorestframework",
    "ruamel": "ruamel.yaml",
    "sentence_transformers": "sentence-transformers",
    "serial": "pyserial",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "skorch": "skorch",
    "socks": "PySocks",
    "tflite_runtime": "tflite-runtime",
    "umap": "umap-learn",
    "usb": "pyusb",
    "win32api": "pywin32",
    "wx": "wxPython",
    "yaml": "PyYAML",
    "zmq": "pyzmq",
}


def package_of(module: str) -> str:
    """The distribution that brings a module's top-level package."""
    root = module.split(".", 1)[0]
    return _PACKAGES.get(root, root)


def is_installed(module: str) -> bool:
    """Whether the top-level package of `module` can be found."""
    root = module.split(".", 1)[0]
    try:
        return importlib.util.find_spec(root) is not None
    except (ImportError, ValueError):
        return False


def version_of(module: str) -> str | None:
    """The version of the distribution that brings a module: '' if it has none, None if it is missing."""
    root = module.split(".", 1)[0]
    if not is_installed(root):
        return None
    import importlib.metadata  # takes 20 ms, and is seldom needed

    for name in (package_of(root), root, root.replace("_", "-")):
        try:
            return importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return _version_by_listing(root)


def _version_by_listing(root: str) -> str:
    import importlib.metadata

    for distribution in importlib.metadata.distributions():
        listed = (distribution.read_text("top_level.txt") or "").split()
        if root in listed:
            return distribution.version
    return ""
