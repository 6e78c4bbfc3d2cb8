"""What our own client exported, as the official client sees it; and a model of the official client's own.

Environment as for flow.py. Prints, as JSON, what it found of the model `ours`: metadata, and the digest of each file that it
downloaded; and the digests of the files that it saved as `theirs`. Then deletes version 2 of `ours`.
"""

import hashlib
import json
import os
import tempfile

from flow import connect, hopsworks, write


def digests(folder):
    found = {}
    for at, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(at, name)
            with open(path, "rb") as file:
                found[os.path.relpath(path, folder)] = hashlib.sha256(file.read()).hexdigest()
    return found


registry, _serving, close = connect()
model = registry.get_model("ours", version=1)
assert sorted(each.version for each in registry.get_models("ours")) == [1, 2]
assert registry.get_best_model("ours", "accuracy", "max").version == 2
# Newer clients keep what they loaded, for all projects of that name.
downloaded = digests(model.download() if hopsworks is None else model.download(local_path=tempfile.mkdtemp()))

folder = tempfile.mkdtemp()
write(folder, "predict.py", "class Predict: ...\n")
os.makedirs(os.path.join(folder, "deep", "er"))
write(os.path.join(folder, "deep", "er"), "text", "theirs\n")
with open(os.path.join(folder, "model.bin"), "wb") as file:
    file.write(os.urandom(21 * 1024 * 1024))
theirs = registry.torch.create_model("theirs", metrics={"loss": 0.25}, description="made by the official client")
theirs.save(folder)
registry.get_model("ours", version=2).delete()
close()
print(
    "FOUND "
    + json.dumps(
        {
            "framework": model.framework,
            "description": model.description,
            "metrics": model.training_metrics,
            "downloaded": downloaded,
            "saved": digests(folder),
        }
    )
)
