"""The example dealer and the seeded generator that makes its files (see README.md)."""
