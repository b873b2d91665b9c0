"""Dates and instants: read and written by format, in time zones, and calculated with. There is no clock in here."""
