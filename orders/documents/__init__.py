"""Invoices and credit notes: issued under a lock, frozen, then made into PDF/A-3 files with their XML."""
