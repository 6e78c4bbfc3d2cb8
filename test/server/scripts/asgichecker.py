"""Wraps an ASGI app and checks what its server does, word by word of the specification (version 3, HTTP 2.4)."""

import asyncio

_SCOPE = {
    "type": str,
    "asgi": dict,
    "http_version": str,
    "method": str,
    "scheme": str,
    "path": str,
    "raw_path": bytes,
    "query_string": bytes,
    "root_path": str,
    "headers": list,
}


def checked(app):
    """The app with a server that is watched: what is wrong is raised inside of the request."""

    async def watched(scope, receive, send):
        if scope["type"] == "lifespan":
            _check_versions(scope)
            return await app(scope, receive, send)
        _check_scope(scope)
        received = []

        async def watched_receive():
            message = await receive()
            _check_received(message, received)
            received.append(message)
            return message

        async def watched_send(message):
            answer = await send(message)
            assert answer is None, "send must return nothing"

        assert asyncio.get_running_loop() is not None
        return await app(scope, watched_receive, watched_send)

    return watched


def _check_versions(scope):
    assert type(scope) is dict
    assert scope["asgi"]["version"] == "3.0"
    assert isinstance(scope["asgi"].get("spec_version", "2.0"), str)


def _check_scope(scope):
    _check_versions(scope)
    assert scope["type"] == "http"
    for key, kind in _SCOPE.items():
        assert type(scope[key]) is kind, f"{key} is {scope[key]!r}"
    assert scope["http_version"] in {"1.0", "1.1", "2", "3"}
    assert scope["method"] == scope["method"].upper()
    assert scope["scheme"] in {"http", "https"}
    assert scope["path"].startswith("/")
    assert "?" not in scope["raw_path"].decode()
    for pair in scope["headers"]:
        name, value = pair
        assert type(name) is bytes
        assert type(value) is bytes
        assert name == name.lower(), f"{name} has capitals"
        assert not name.startswith(b":")
    for key in ("client", "server"):
        if scope.get(key) is not None:
            host, port = scope[key]
            assert isinstance(host, str)
            assert port is None or isinstance(port, int)
    if "state" in scope:
        assert isinstance(scope["state"], dict)


def _check_received(message, before):
    assert type(message) is dict
    if message["type"] == "http.request":
        assert all(item["type"] == "http.request" and item["more_body"] for item in before), (
            "a body after its end"
        )
        assert type(message.get("body", b"")) is bytes
        assert type(message.get("more_body", False)) is bool
    else:
        assert message["type"] == "http.disconnect"
