"""The functions of `hops.serving`: deployments of the project."""

from __future__ import annotations

import logging
import os
import posixpath
import re
from collections.abc import Callable
from typing import Any

from . import _rest, hdfs
from ._paths import AnyPath, full, get_plain_path
from .constants import MODEL_SERVING

log = logging.getLogger(__name__)

_REQUIRED = (
    "id name modelPath modelName modelVersion modelServer servingTool requestedInstances creator created "
    "status"
)
_OPTIONAL = (
    "artifactVersion predictor transformer availableTransformerInstances predictorResourceConfig "
    "internalPort internalPath"
)


class ServingNotFound(Exception):
    """There is no serving of that name."""


class TopicDTO:
    """The Kafka topic that requests are logged to."""

    def __init__(self, json: dict[str, Any]) -> None:
        self.name: str | None = json.get("name")
        self.schema_name: str | None = json.get("schemaName")
        self.schema_version: int | None = json.get("schemaVersion")


class Serving:
    """One serving: what Hopsworks says of it, as attributes: model_path, status and so on."""

    def __init__(self, serving_json: dict[str, Any]) -> None:
        values = {key: serving_json[key] for key in _REQUIRED.split()}
        values.update({key: serving_json.get(key) for key in _OPTIONAL.split()})
        vars(self).update({re.sub(r"(?=[A-Z])", "_", key).lower(): value for key, value in values.items()})
        self.available_instances = serving_json.get("availableInstances", 0)
        self.internal_ips = serving_json.get("internalIPs", [])
        topic = serving_json.get("kafkaTopicDTO")
        self.kafka_topic_dto = TopicDTO(topic) if topic else None

    def __getattr__(self, name: str) -> Any:
        # Only for what is not there: the attributes of the class come from what was told.
        raise AttributeError(f"a serving has no {name}")


def exists(serving_name: str) -> bool:
    """Whether there is a serving of that name."""
    return get(serving_name) is not None


def get(serving_name: str) -> Serving | None:
    """The serving of that name, or None."""
    return next((serving for serving in get_all() if serving.name == serving_name), None)


def get_all() -> list[Serving]:
    """All servings of the project."""
    reply = _rest.send("GET", _rest.in_project("/serving/")).check("list the servings", (200,))
    return [Serving(item) for item in reply.json()]


def get_id(serving_name: str) -> int | None:
    """Its id, or None."""
    found = get(serving_name)
    return None if found is None else int(found.id)


def create_or_update(
    serving_name: str,
    model_path: AnyPath,
    model_server: str | None = None,
    model_version: int = 1,
    artifact_version: int | str | None = None,
    predictor: str | None = None,
    transformer: str | None = None,
    kserve: bool | None = None,
    batching_enabled: bool = False,
    topic_name: str | None = "CREATE",
    num_partitions: int = 1,
    num_replicas: int = 1,
    inference_logging: str | None = MODEL_SERVING.INFERENCE_LOGGING_ALL,
    instances: int = 1,
    transformer_instances: int | None = None,
    predictor_resource_config: dict[str, Any] | None = None,
    kfserving: bool | None = None,
) -> None:
    """Create a serving, or change the one of that name.

    `model_path` is the folder of the model ('Models/iris'), or the Predict script of one of its versions:
    then `model_server` is PYTHON and `predictor` is that script. Raises OSError when the path is not there,
    ValueError for what can't be, RestAPIError when Hopsworks refuses it.
    """
    path = full(model_path)
    if not hdfs.exists(path):
        raise OSError(f"path {path} not found")
    lies_in_version = re.fullmatch(r"(/Projects/[^/]+/Models/[^/]+)/\d+/.+\.py", path)
    if lies_in_version:
        path, predictor = lies_in_version[1], predictor or path
        model_server = model_server or MODEL_SERVING.MODEL_SERVER_PYTHON
    uses_kserve = bool(kfserving if kserve is None else kserve) or (
        transformer is not None and kserve is None and kfserving is None
    )
    _check_name(serving_name)
    _check_server(model_server, model_version, predictor)
    _check_logging(topic_name, inference_logging, uses_kserve)
    _check_numbers(instances, predictor_resource_config)
    has_topic = topic_name is not None and topic_name != "NONE"
    body = {
        "name": serving_name,
        "modelPath": path,
        "modelName": posixpath.basename(path),
        "modelVersion": model_version,
        "artifactVersion": {"CREATE": -1, "MODEL-ONLY": 0}.get(str(artifact_version), artifact_version),
        "predictor": predictor and _script(predictor),
        "transformer": transformer and _script(transformer),
        "modelServer": model_server,
        "servingTool": MODEL_SERVING.SERVING_TOOL_KSERVE
        if uses_kserve
        else MODEL_SERVING.SERVING_TOOL_DEFAULT,
        "kafkaTopicDTO": {
            "name": topic_name,
            "numOfPartitions": num_partitions,
            "numOfReplicas": num_replicas,
        },
        "inferenceLogging": inference_logging if has_topic else None,
        "requestedInstances": instances,
        "requestedTransformerInstances": transformer_instances,
        "predictorResourceConfig": predictor_resource_config,
    }
    known = get_id(serving_name)
    if known is not None:
        body["id"] = known
    if model_server == MODEL_SERVING.MODEL_SERVER_TENSORFLOW_SERVING:
        body["batchingEnabled"] = batching_enabled
    _rest.send("PUT", _rest.in_project("/serving/"), body).check("create or update serving", (200, 201))
    log.info("Serving %s successfully created", serving_name)


def start(serving_name: str) -> None:
    """Start it; does not wait until it runs."""
    _act(serving_name, "START")


def stop(serving_name: str) -> None:
    """Stop it; does not wait until it has stopped."""
    _act(serving_name, "STOP")


def delete(serving_name: str) -> None:
    """Delete it; raises RestAPIError when there is none, or it can't be deleted now."""
    path = _rest.in_project(f"/serving/{get_id(serving_name)}")
    _rest.send("DELETE", path).check(f"delete serving {serving_name}", (200,))


def make_inference_request(serving_name: str, data: Any, verb: str = ":predict") -> Any:
    """Send `data` ({"inputs": […]}) to a serving; its reply. Raises RestAPIError when it does not run."""
    path = _rest.in_project(f"/inference/models/{_rest.piece(serving_name)}{verb}")
    reply = _rest.send("POST", path, data, key=os.environ.get("SERVING_API_KEY"))
    return reply.check(f"ask serving {serving_name}", (200, 201)).json()


def get_kafka_topic(serving_name: str) -> str | None:
    """The name of its topic, or None; raises ServingNotFound."""
    topic = _one(serving_name).kafka_topic_dto
    return None if topic is None else topic.name


def get_internal_endpoints(serving_name: str) -> list[str] | None:
    """Addresses inside of the cluster, or None; raises ServingNotFound."""
    found = _one(serving_name)
    has_any = found.internal_path is not None
    return [f"http://{address}:{found.internal_port}" for address in found.internal_ips] if has_any else None


def describe(serving_name: str) -> None:
    """Log what is known of it; raises ServingNotFound."""
    known = vars(_one(serving_name))
    log.info("%s", ", ".join(f"{key}: {known[key]}" for key in known))


def _reader(attribute: str, what: str) -> Callable[[str], Any]:
    def read(serving_name: str) -> Any:
        return getattr(_one(serving_name), attribute)

    read.__name__ = f"get_{attribute}"
    read.__doc__ = f"{what}; raises ServingNotFound."
    return read


get_status = _reader("status", "'Created', 'Starting', 'Running', 'Stopping', 'Stopped', 'Failed' …")
get_model_path = _reader("model_path", "'/Projects/<project>/Models/<model>'")
get_model_name = _reader("model_name", "The model's name")
get_model_version = _reader("model_version", "The model's version")
get_artifact_version = _reader("artifact_version", "The artifact's number, as far as this release tells it")
get_predictor = _reader("predictor", "The name of the Predict script")
get_transformer = _reader("transformer", "The name of the transformer's script, or None")
get_model_server = _reader("model_server", "'PYTHON' or 'TENSORFLOW_SERVING'")
get_serving_tool = _reader("serving_tool", "'DEFAULT' or 'KSERVE'")
get_available_instances = _reader("available_instances", "How many instances are ready")
get_predictor_resource_config = _reader("predictor_resource_config", "Memory, cores and GPUs, or None")


def _one(serving_name: str) -> Serving:
    found = get(serving_name)
    if found is None:
        raise ServingNotFound(f"No serving with name: {serving_name} could be found")
    return found


def _act(serving_name: str, action: str) -> None:
    path = _rest.in_project(f"/serving/{get_id(serving_name)}?action={action}")
    _rest.send("POST", path).check(f"perform action {action} on serving {serving_name}", (200,))


def _script(path: str) -> str:
    """In full, unless it is a bare name: then that of a script which is known already."""
    return full(path) if "/" in get_plain_path(path) else path


def _check_name(name: str) -> None:
    if len(name) > 256 or not re.fullmatch("[a-zA-Z0-9]+", name):
        raise ValueError(
            "Name of serving cannot be empty, cannot exceed 256 characters and must match the regular "
            f"expression: ^[a-zA-Z0-9]+$, the provided name: {name} is not valid"
        )


def _check_server(server: str | None, version: Any, predictor: str | None) -> None:
    servers = ",".join(MODEL_SERVING.MODEL_SERVERS)
    if server not in MODEL_SERVING.MODEL_SERVERS:
        raise ValueError(f"The provided model_server: {server} is not supported, supported are: {servers}")
    if not isinstance(version, int):
        raise ValueError(f"The model version must be an integer, the provided version is not: {version}")
    if server == MODEL_SERVING.MODEL_SERVER_TENSORFLOW_SERVING and predictor is not None:
        raise ValueError("Predictors are not supported with Tensorflow Serving")


def _check_logging(topic: str | None, mode: str | None, uses_kserve: bool) -> None:
    modes = ",".join(MODEL_SERVING.INFERENCE_LOGGING_MODES)
    if mode is not None and mode not in MODEL_SERVING.INFERENCE_LOGGING_MODES:
        raise ValueError(f"The provided inference_logging: {mode} is not supported, supported are: {modes}")
    if not uses_kserve and mode not in {None, MODEL_SERVING.INFERENCE_LOGGING_ALL}:
        raise ValueError("Fine-grained inference logging is only supported in KServe deployments")
    if topic is not None and topic != "NONE" and mode is None:
        raise ValueError(f"Inference logging must be defined, supported are: {modes}")


def _check_numbers(instances: Any, config: Any) -> None:
    if not isinstance(instances, int):
        raise ValueError(f"The number of serving instances must be an integer, not: {instances}")
    if config is None:
        return
    if not isinstance(config, dict):
        raise ValueError("predictor_resource_config must be a dict.")
    if "memory" not in config or "cores" not in config:
        raise ValueError("predictor_resource_config must contain the keys 'memory' and 'cores'")
