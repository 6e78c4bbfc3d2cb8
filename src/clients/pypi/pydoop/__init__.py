"""The part of pydoop that `hops` of PyPI uses, over a workspace folder in place of HopsFS."""
