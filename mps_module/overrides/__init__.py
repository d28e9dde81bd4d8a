"""Thin doc_events handlers, one file per doctype of another app."""
