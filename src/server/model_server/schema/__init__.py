"""What requests and replies look like: found, checked, described as OpenAPI and shown on a page."""
