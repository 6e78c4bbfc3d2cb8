"""Apps that a script brings itself: WSGI (Flask, Django, …) and ASGI (FastAPI, Starlette, …)."""
