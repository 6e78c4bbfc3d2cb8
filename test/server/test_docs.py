"""openapi.json and the page for people, against a real server."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from typing import Any

import pytest

from conftest import Serving

SCRIPT = """
from typing import Dict, List
class Predict:
    def predict(self, inputs: List[List[float]]) -> List[str]:
        return [str(sum(row)) for row in inputs]
    def classify(self, inputs: Dict[str, int]):
        return inputs
    def regress(self, inputs):
        return inputs
"""


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Any:
    made = Serving(tmp_path_factory.mktemp("docs"), SCRIPT, {}, sample=[[1, 2], [3, 4]]).start().ready()
    yield made
    made.end()


@pytest.fixture(scope="module")
def api(serving: Serving) -> dict[str, Any]:
    reply = serving.get("/openapi.json")
    assert reply.status == 200
    return reply.json()


def operations(api: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, route) for path, methods in api["paths"].items() for method, route in methods.items()
    ]


def validator(api: dict[str, Any], schema: dict[str, Any]) -> Any:
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator({**schema, "components": api["components"]})


def test_every_route_that_it_names_is_there(serving: Serving, api: dict[str, Any]) -> None:
    assert api["openapi"].startswith("3.1.")
    assert (api["info"]["title"], api["info"]["version"]) == ("iris", "3")
    for path, method, route in operations(api):
        body = None
        if method == "post":
            body = json.dumps(route["requestBody"]["content"]["application/json"]["example"]).encode()
        reply = serving.request(method.upper(), path, body)
        assert str(reply.status) in route["responses"], (path, reply.status, reply.body)
        assert route["summary"]
        content = route["responses"][str(reply.status)].get("content", {})
        if "application/json" in content:
            validator(api, content["application/json"]["schema"]).validate(reply.json())


def test_it_names_every_route_that_is_there(serving: Serving, api: dict[str, Any]) -> None:
    for link in serving.get("/").json()["links"].values():
        assert link in api["paths"], link
    for path in ("/predict", "/v2", "/metrics.json", "/live", "/v2/models/iris/versions/3/infer"):
        assert path in api["paths"]


def test_examples_fit_their_schemas(serving: Serving, api: dict[str, Any]) -> None:
    for path, method, route in operations(api):
        if method == "post":
            content = route["requestBody"]["content"]["application/json"]
            validator(api, content["schema"]).validate(content["example"])
            assert serving.post(path, content["example"]).status == 200, path
    example = api["paths"]["/v1/models/iris:predict"]["post"]["requestBody"]["content"]["application/json"]
    assert example["example"] == {"inputs": [[1, 2], [3, 4]]}


def test_errors_have_the_form_that_it_says(serving: Serving, api: dict[str, Any]) -> None:
    form = validator(api, api["components"]["schemas"]["Error"])
    for path, body, status in [
        ("/v1/models/iris:predict", {"inputs": [["a"]]}, 400),
        ("/v1/models/iris:classify", {"inputs": {"a": "x"}}, 400),
        ("/v1/models/iris:predict", {}, 400),
        ("/v2/models/iris/infer", {"inputs": []}, 400),
        ("/nowhere", {}, 404),
    ]:
        reply = serving.post(path, body)
        assert reply.status == status
        form.validate(reply.json())
    reply = serving.post("/v1/models/iris:predict", {"instances": [[1, 2], [3, "x"]]}).json()
    assert (reply["field"], reply["expected"], reply["got"]) == ("instances[1][1]", "a number", "'x'")
    assert reply["kind"] == "wrong-input"
    assert serving.post("/v1/models/iris:regress", {"inputs": "anything"}).status == 200


def test_the_document_is_compressed_and_head_has_its_length(serving: Serving) -> None:
    plain = serving.get("/openapi.json")
    small = serving.request("GET", "/openapi.json", None, {"Accept-Encoding": "gzip"})
    assert gzip.decompress(small.body) == plain.body
    head = serving.request("HEAD", "/openapi.json")
    assert (head.status, head.body, head.headers["content-length"]) == (200, b"", str(len(plain.body)))


BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


def test_browsers_get_a_page_and_others_the_index(serving: Serving) -> None:
    page = serving.request("GET", "/", None, BROWSER)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.body == serving.get("/docs").body
    for headers in ({}, {"Accept": "*/*"}, {"Accept": "application/json"}):
        assert serving.request("GET", "/", None, headers).json()["name"] == "iris"


def test_the_page_stands_by_itself_and_its_policy_allows_only_it(serving: Serving) -> None:
    page = serving.get("/docs")
    text = page.body.decode()
    policy = dict(
        part.strip().split(" ", 1)
        for part in page.headers["content-security-policy"].split(";")
        if part.strip()
    )
    assert policy["default-src"] == "'none'"
    assert policy["connect-src"] == "'self'"
    assert "unsafe" not in page.headers["content-security-policy"]
    for tag, rule in (("script", "script-src"), ("style", "style-src")):
        (inline,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()
        assert policy[rule] == f"'sha256-{digest}'"
    assert not re.search(r"https?://|@import|\burl\(|innerHTML|\bon\w+=|style=", text)


def test_openapi_of_a_serving_with_a_token(make_serving: Any) -> None:
    serving = make_serving(SCRIPT, environment={"SECRET": "abc"}, tokenVariable="SECRET").start().ready()
    for path in ("/openapi.json", "/"):
        assert serving.request("GET", path, None, BROWSER).status == 401
    page = serving.get("/docs")
    assert (page.status, b"iris" in page.body) == (200, False)
    value = serving.request("GET", "/openapi.json", None, {"Authorization": "Bearer abc"}).json()
    assert value["security"] == [{"token": []}]
    assert value["components"]["securitySchemes"]["token"] == {"type": "http", "scheme": "bearer"}
    assert value["paths"]["/v2/health/live"]["get"]["security"] == []


def test_a_script_whose_hints_are_objects(serve: Any) -> None:
    script = """
        import dataclasses
        from typing import List
        @dataclasses.dataclass
        class Flower:
            petals: float
            colour: str = "red"
        class Predict:
            def predict(self, inputs: List[Flower]) -> List[Flower]:
                return [Flower(one.petals * 2, one.colour.upper()) for one in inputs]
    """
    serving = serve(script)
    assert serving.predict([{"petals": 2}, {"petals": 1, "colour": "x"}]) == [
        {"petals": 4, "colour": "RED"},
        {"petals": 2, "colour": "X"},
    ]
    reply = serving.post("/predict", {"inputs": [{"petals": 1}, {"colour": "x"}]})
    assert (reply.status, reply.json()["field"], reply.json()["got"]) == (400, "inputs[1].petals", "nothing")
    batching = serving.wait(lambda state: "predict" in state["batching"])["batching"]["predict"]
    assert (batching["on"], batching["reason"]) == (True, "tried with the type hints")
    schema = serving.get("/openapi.json").json()["x-model-serving"]["calls"][0]["schema"]
    assert schema["items"]["required"] == ["petals"]


def test_pydantic_refuses_as_a_wrong_request(serve: Any) -> None:
    pytest.importorskip("pydantic", reason="pydantic is not installed")
    script = """
        from typing import List
        from pydantic import BaseModel, Field
        class Flower(BaseModel):
            petals: float = Field(gt=0)
        class Predict:
            def predict(self, inputs: List[Flower]):
                return [one.petals * 2 for one in inputs]
    """
    serving = serve(script)
    assert serving.predict([{"petals": 2}]) == [4]
    reply = serving.post("/predict", {"inputs": [{"petals": -1}]})
    assert (reply.status, reply.json()["field"]) == (400, "petals")
    assert "greater than 0" in reply.json()["error"]


def test_an_input_example_beside_the_model(make_serving: Any) -> None:
    script = "class Predict:\n    def predict(self, inputs):\n        return [row['a'] + len(row['b']) for row in inputs]\n"
    example = json.dumps([{"a": 1.5, "b": "a text"}]).encode()
    serving = make_serving(script, files={"input_example.json": example}).start().ready()
    api = serving.get("/openapi.json").json()
    assert "/classify" not in api["paths"]
    (call, infer) = api["x-model-serving"]["calls"]
    assert call["sample"] == {"inputs": [{"a": 1.5, "b": "a text"}]}
    assert serving.post(infer["path"], infer["sample"]).json()["outputs"][0]["data"] == [7.5]
    batching = serving.wait(lambda state: "predict" in state["batching"])["batching"]["predict"]
    assert (batching["on"], batching["reason"]) == (True, "tried with the input example beside the model")
