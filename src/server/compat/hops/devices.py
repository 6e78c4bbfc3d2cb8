"""GPUs of this computer."""

from __future__ import annotations

import subprocess


def get_num_gpus() -> int:
    """How many NVIDIA's own program lists; 0 where there is no such program."""
    try:
        done = subprocess.run(["nvidia-smi", "-L"], capture_output=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return 0
    return sum(line.startswith(b"GPU ") for line in done.stdout.splitlines()) if done.returncode == 0 else 0
