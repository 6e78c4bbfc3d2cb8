"""What the server tells of itself: /openapi.json, and the page for people."""
