"""Keeps C and C++ builds from being killed for memory: a Ninja jobserver and pool generator."""

__version__ = "0.1.0"
