"""Sets the variable of a registered folder, from the path of a picture in it."""

from pathlib import Path


def setup(i):
    customize = i["customize"]
    i["env"][customize["env_prefix"]] = str(Path(customize["full_path"]).parent)
    return {"return": 0, "bat": ""}
