"""Entry of the server: `python -X utf8 -u -B run.py serve|inspect|doctor …`.

The folder of this file goes on sys.path only until the package is imported: a script's own `run` or `vendor`
module must not be shadowed by ours.
"""

import importlib.machinery
import os
import sys

if sys.version_info < (3, 9):
    sys.stderr.write(f"The model server needs Python 3.9 or newer: this is {sys.version.split()[0]}\n")
    sys.exit(2)


def keep_bytecode(package: str, folder: str) -> None:
    """Keep the compiled form of our own modules in a folder, whatever -B says.

    Compiling them takes half of a start, and they may lie where nothing can, or nothing else may, be written.
    """

    class Loader(importlib.machinery.SourceFileLoader):
        def get_code(self, fullname: str) -> object:
            before = sys.pycache_prefix, sys.dont_write_bytecode
            sys.pycache_prefix, sys.dont_write_bytecode = folder, False
            try:
                return super().get_code(fullname)
            finally:
                sys.pycache_prefix, sys.dont_write_bytecode = before

    make = importlib.machinery.FileFinder.path_hook((Loader, importlib.machinery.SOURCE_SUFFIXES))

    def hook(path: str) -> object:
        if path != package and not path.startswith(package + os.sep):
            raise ImportError
        return make(path)

    sys.path_hooks.insert(0, hook)


def start() -> int:
    """Import the package from beside this file and run the command line; the exit code."""
    root = os.path.dirname(os.path.abspath(__file__))
    # The folder of a script that is run is sys.path[0] already: take it out under every spelling.
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or os.getcwd()) != root]
    sys.path.insert(0, root)
    folder = sys._xoptions.get("model_server_bytecode")
    if isinstance(folder, str):
        keep_bytecode(os.path.join(root, "model_server"), folder)
    import model_server.cli

    sys.path.remove(root)
    return model_server.cli.main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(start())
