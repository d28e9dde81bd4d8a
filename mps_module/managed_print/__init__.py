"""The one Frappe module of the app: doctypes, reports, pages and other desk records."""
