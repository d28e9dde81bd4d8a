"""Managed print for a services ERP: fleet, meters, click contracts, service and trunk stock."""

__version__ = "0.1.0"
