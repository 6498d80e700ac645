"""Every ImageNet picture still to be had: fetched from the web of 2011, judged and kept.

The library stands without Collective Knowledge; `module.py` beside it is CK's side.
"""

__version__ = "0.1.0"

PROJECT = "https://github.com/ck-imagenet/ck-imagenet"
"""Where the owner of a site finds out who asks, and how to opt out."""

USER_AGENT = f"ck-imagenet/{__version__} (+{PROJECT})"
"""Who asks, as hosts see it by default."""
