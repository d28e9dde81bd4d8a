"""Files of other programs turned into typed, checked values.

Shared by the command line and by the ERP's file import: nothing here knows either of them. Bad input is never an
exception but an `Issue` value, and every row of every file is counted (`Tally`).
"""
