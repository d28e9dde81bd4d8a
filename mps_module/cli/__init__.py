"""The `mps` command: the engine on a folder of plain files, with no server."""
