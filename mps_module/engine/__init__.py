"""The domain of managed print in pure Python: no framework, no server, no I/O."""
