"""Back-fills of existing sites, listed in patches.txt."""
