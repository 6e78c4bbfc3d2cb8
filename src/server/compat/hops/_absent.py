"""Modules of `hops` that need a Hopsworks cluster: they can be imported, and say why when they are used."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

from .exceptions import NotHereError

_CLUSTER = "it asks a Hopsworks cluster, and there is none on this computer"
_SPARK = "it runs on Spark, which is not on this computer"
WHY = {
    "allreduce": _SPARK,
    "beam": _SPARK,
    "credentials_provider": "there are no cloud roles on this computer: use the library of the cloud itself",
    "dataset": "files need no upload on this computer: use hops.hdfs",
    "dist_allreduce": _SPARK,
    "elasticsearch": "there is no Elasticsearch of a project on this computer",
    "experiment": "experiments run on Spark, which is not on this computer: train in a notebook or script",
    "experiment_impl": _SPARK,
    "facets": "it draws in Hopsworks' notebooks",
    "featurestore": "there is no feature store on this computer: read what the model needs from its folder",
    "featurestore_impl": "there is no feature store on this computer",
    "hive": "there is no Hive on this computer",
    "jobs": _CLUSTER,
    "kafka": "no project's Kafka is on this computer: use a Kafka library with an address of your own",
    "maggy": _SPARK,
    "project": _CLUSTER,
    "secret": "secrets are environment variables here: name them in the serving's definition",
    "service_discovery": _CLUSTER,
    "tensorboard": "TensorBoard belongs to experiments, which run on Spark",
    "tls": "there are no certificates of a project on this computer, and nothing here asks for one",
    "user": _CLUSTER,
    "util": _CLUSTER,
    "xattr": "extended attributes belong to HopsFS: keep such a thing in a file of the model version",
}


class AbsentModule(ModuleType):
    """Its attributes raise NotHereError."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        root = self.__name__.split(".")[1]
        raise NotHereError(f"{self.__name__}.{name} can't be used here: {WHY[root]}")


class _AbsentFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the modules of the table, and whatever lies below them."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,  # noqa: ARG002
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> importlib.machinery.ModuleSpec | None:
        """A spec for what the table names."""
        parts = fullname.split(".")
        if parts[0] != "hops" or len(parts) < 2 or parts[1] not in WHY:
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        """An empty module that explains itself."""
        return AbsentModule(spec.name, f"Not on this computer: {WHY[spec.name.split('.')[1]]}.")

    def exec_module(self, module: ModuleType) -> None:
        """Nothing to run."""


def install() -> None:
    """Add the finder; idempotent."""
    if not any(type(finder).__name__ == "_AbsentFinder" for finder in sys.meta_path):
        sys.meta_path.append(_AbsentFinder())
