"""A constant answer as an ASGI app, for uvicorn."""

HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"19")]


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": b'{"predictions":[0]}'})
