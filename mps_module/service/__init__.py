"""Service calls on Issue and Maintenance Visit: coverage, dispatch, outcome, figures."""
