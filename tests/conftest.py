"""What holds for all tests."""

from hypothesis import settings

# A busy machine is no fault of an example: nothing here is about time.
settings.register_profile("docferry", deadline=None)
settings.load_profile("docferry")
