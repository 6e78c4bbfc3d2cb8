"""What a serving script can use of the `hops` library, over a folder of this computer."""

from __future__ import annotations

from ._absent import install as _install_absent

_install_absent()
