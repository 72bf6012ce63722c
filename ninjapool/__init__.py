"""Keeps C and C++ builds from being killed for memory: sizes Ninja job pools by what is there."""

__version__ = "0.1.0"
