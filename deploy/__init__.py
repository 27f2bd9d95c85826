"""The top of the house: how the parts are wired and run. Only manage.py and the CLI start here."""
