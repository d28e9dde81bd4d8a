"""Trunk stock on the ERP's own warehouses: replenishment, moves, counts, kits."""
