"""A dealer's folder of files loaded into a site through documents: the example dealer, or a rehearsal of a migration.

bench --site SITE execute mps_module.demo.load
bench --site SITE execute mps_module.demo.load --kwargs '{"folder": "/path/to/dealer", "company": "My Company"}'
"""

from mps_module.demo.load import load

__all__ = ["load"]
