"""The functions of `hops.serving` over the servings of this computer.

What they are and where they answer is known here; they are started, stopped and changed in the editor.
"""

from __future__ import annotations

import json
import logging
import os
import urllib.error
import urllib.request
from typing import Any

from . import _servings
from .exceptions import NotHereError, RestAPIError

__all__ = [
    "Serving", "ServingNotFound", "create_or_update", "delete", "describe", "exists", "get", "get_all",
    "get_artifact_version", "get_available_instances", "get_id", "get_internal_endpoints", "get_kafka_topic",
    "get_model_name", "get_model_path", "get_model_server", "get_model_version", "get_predictor",
    "get_predictor_resource_config", "get_serving_tool", "get_status", "get_transformer",
    "make_inference_request", "start", "stop",
]  # fmt: skip

log = logging.getLogger(__name__)
_ANSWER_SECONDS = 300.0


class ServingNotFound(Exception):
    """There is no serving of that name."""


class Serving:
    """One serving, with the attributes that the library gives it."""

    def __init__(self, serving_json: dict[str, Any]) -> None:
        """Take over what a list of servings says of one."""
        self.id = serving_json["id"]
        self.name = serving_json["name"]
        self.model_path = serving_json["modelPath"]
        self.model_name = serving_json["modelName"]
        self.model_version = serving_json["modelVersion"]
        self.artifact_version = serving_json.get("artifactVersion")
        self.predictor = serving_json.get("predictor")
        self.transformer = serving_json.get("transformer")
        self.model_server = serving_json["modelServer"]
        self.serving_tool = serving_json["servingTool"]
        self.requested_instances = serving_json["requestedInstances"]
        self.available_instances = serving_json.get("availableInstances", 0)
        self.available_transformer_instances = serving_json.get("availableTransformerInstances")
        self.predictor_resource_config = serving_json.get("predictorResourceConfig")
        self.creator = serving_json["creator"]
        self.created = serving_json["created"]
        self.status = serving_json["status"]
        self.internal_ips = serving_json.get("internalIPs", [])
        self.internal_port = serving_json.get("internalPort")
        self.internal_path = serving_json.get("internalPath")


def get_all() -> list[Serving]:
    """All servings of the project, by name."""
    return [Serving(item.as_json()) for item in _servings.all_servings()]


def exists(serving_name: str) -> bool:
    """Whether there is a serving of that name."""
    return any(item.name == serving_name for item in _servings.all_servings())


def get(serving_name: str) -> Serving | None:
    """The serving of that name, or None."""
    return next((item for item in get_all() if item.name == serving_name), None)


def get_id(serving_name: str) -> int | None:
    """Its number, or None."""
    found = get(serving_name)
    return None if found is None else int(found.id)


def get_status(serving_name: str) -> str:
    """'Running', 'Starting', 'Stopping', 'Stopped' or 'Failed'; raises ServingNotFound."""
    return str(_one(serving_name).status)


def get_model_path(serving_name: str) -> str:
    """'/Projects/<project>/Models/<model>'; raises ServingNotFound."""
    return str(_one(serving_name).model_path)


def get_model_name(serving_name: str) -> str:
    """The model's name; raises ServingNotFound."""
    return str(_one(serving_name).model_name)


def get_model_version(serving_name: str) -> int:
    """The model's version; raises ServingNotFound."""
    return int(_one(serving_name).model_version)


def get_artifact_version(serving_name: str) -> int | None:
    """The artifact's number, 0 for MODEL-ONLY; raises ServingNotFound."""
    return _one(serving_name).artifact_version


def get_predictor(serving_name: str) -> str | None:
    """The name of the Predict script; raises ServingNotFound."""
    return _one(serving_name).predictor


def get_transformer(serving_name: str) -> str | None:
    """The name of the transformer's script, or None; raises ServingNotFound."""
    return _one(serving_name).transformer


def get_model_server(serving_name: str) -> str:
    """'PYTHON'; raises ServingNotFound."""
    return str(_one(serving_name).model_server)


def get_serving_tool(serving_name: str) -> str:
    """'DEFAULT'; raises ServingNotFound."""
    return str(_one(serving_name).serving_tool)


def get_available_instances(serving_name: str) -> int:
    """How many replicas are ready; raises ServingNotFound."""
    return int(_one(serving_name).available_instances)


def get_kafka_topic(serving_name: str) -> None:
    """None: servings of this computer log to no topic; raises ServingNotFound."""
    _one(serving_name)


def get_predictor_resource_config(serving_name: str) -> dict[str, Any] | None:
    """None: a process takes what it needs; raises ServingNotFound."""
    return _one(serving_name).predictor_resource_config


def get_internal_endpoints(serving_name: str) -> list[str] | None:
    """['http://127.0.0.1:<port>'], or None while it does not run; raises ServingNotFound."""
    found = _one(serving_name)
    if found.internal_path is None:
        return None
    return [f"http://{address}:{found.internal_port}" for address in found.internal_ips]


def describe(serving_name: str) -> None:
    """Log what is known of it; raises ServingNotFound."""
    log.info(", ".join(f"{key}: {value}" for key, value in vars(_one(serving_name)).items()))


def make_inference_request(serving_name: str, data: Any, verb: str = ":predict") -> Any:
    """Send `data` ({"inputs": […]}) to a serving that runs; its reply as JSON.

    Raises ServingNotFound, and RestAPIError when it does not run or does not answer with success.
    """
    found = next((item for item in _servings.all_servings() if item.name == serving_name), None)
    if found is None:
        raise ServingNotFound(f"There is no serving {serving_name!r}")
    if serving_name == _servings.own_name():
        raise RestAPIError(f"{serving_name} can't ask itself: it would wait for its own answer")
    address = found.address
    if address is None:
        raise RestAPIError(f"{serving_name} does not run ({found.status}): start it in the Servings view")
    headers = {"content-type": "application/json"}
    key = os.environ.get("SERVING_API_KEY")
    if key:
        headers["authorization"] = f"Bearer {key}"
    url = f"http://{address[0]}:{address[1]}/v1/models/{serving_name}{verb}"
    request = urllib.request.Request(url, json.dumps(data).encode(), headers)  # always http
    # A proxy of the environment has no way to this computer's own address.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=_ANSWER_SECONDS) as reply:
            return json.loads(reply.read())
    except urllib.error.HTTPError as error:
        text = error.read(4000).decode("utf-8", "replace")
        raise RestAPIError(f"{serving_name} answered {error.code}: {text}") from None
    except (OSError, ValueError) as error:
        raise RestAPIError(f"{serving_name} did not answer: {error}") from None


def start(serving_name: str) -> None:
    """Nothing when it runs already; raises NotHereError else."""
    if _one(serving_name).status not in {"Running", "Starting"}:
        raise NotHereError(f"A script can't start {serving_name} on this computer: use the Servings view")


def stop(serving_name: str) -> None:
    """Nothing when it is stopped already; raises NotHereError else."""
    if _one(serving_name).status not in {"Stopped", "Failed"}:
        raise NotHereError(f"A script can't stop {serving_name} on this computer: use the Servings view")


def delete(serving_name: str) -> None:
    """Raises: definitions are removed in the editor."""
    raise NotHereError(f"A script can't remove {serving_name} on this computer: use the Servings view")


def create_or_update(serving_name: str, *_: Any, **__: Any) -> None:
    """Raises: definitions are made in the editor."""
    raise NotHereError(
        f"A script can't define {serving_name} on this computer: use Create Serving in the Servings view"
    )


def _one(serving_name: str) -> Serving:
    found = get(serving_name)
    if found is None:
        raise ServingNotFound(f"There is no serving {serving_name!r}")
    return found
