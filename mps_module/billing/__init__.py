"""From contracts and reads in the ERP to the engine, and from its bills to Sales Invoices."""
