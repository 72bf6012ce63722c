"""What all tests share."""

from hypothesis import settings

# A busy machine is slow, not wrong: no property test fails for its time.
settings.register_profile("calm", deadline=None)
settings.load_profile("calm")
