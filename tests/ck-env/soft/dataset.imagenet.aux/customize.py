"""Sets the variables of a registered folder of labels, from the path of a file in it."""

from pathlib import Path


def setup(i):
    customize = i["customize"]
    folder = Path(customize["full_path"]).parent
    i["env"][customize["env_prefix"]] = str(folder)
    i["env"]["CK_CAFFE_IMAGENET_VAL_TXT"] = str(folder / "val.txt")
    i["env"]["CK_CAFFE_IMAGENET_SYNSET_WORDS_TXT"] = str(folder / "synset_words.txt")
    return {"return": 0, "bat": ""}
