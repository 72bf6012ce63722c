"""Dated, sourced figures on what jobs need: `tables` looks them up, `read` loads them."""

from ninjapool.profiles.read import profile_names, read_config, read_profile
from ninjapool.profiles.tables import Config, Profile, choose, estimate

__all__ = [
    "Config",
    "Profile",
    "choose",
    "estimate",
    "profile_names",
    "read_config",
    "read_profile",
]
