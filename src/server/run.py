"""Entry of the server: `python -X utf8 -u -B run.py serve|inspect|doctor …`.

The folder of this file goes on sys.path only until the package is imported: a script's own `run` or `vendor`
module must not be shadowed by ours.
"""

import os
import sys

if sys.version_info < (3, 9):
    sys.stderr.write(f"The model server needs Python 3.9 or newer: this is {sys.version.split()[0]}\n")
    sys.exit(2)


def start() -> int:
    """Import the package from beside this file and run the command line; the exit code."""
    root = os.path.dirname(os.path.abspath(__file__))
    # The folder of a script that is run is sys.path[0] already: take it out under every spelling.
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or os.getcwd()) != root]
    sys.path.insert(0, root)
    import model_server.cli

    sys.path.remove(root)
    return model_server.cli.main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(start())
