"""Devices in the field: install, move, swap, remove, and the reads that belong to it."""
