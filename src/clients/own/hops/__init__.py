"""A small client of Hopsworks' model registry and model serving: the part of `hops` that deploys models.

Nothing has to be installed beside it. Where to connect is in the environment, as for `hops` of PyPI:
REST_ENDPOINT, HOPSWORKS_PROJECT_ID, HOPSWORKS_PROJECT_NAME, API_KEY; `project.connect` sets them.
"""

from __future__ import annotations
