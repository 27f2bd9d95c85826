"""The top of the house: how the parts are wired and run. Only manage.py and the CLI start here.

Importing the Celery app makes it the one that every `shared_task` rings, in web processes too.
"""

from deploy.worker import app

__all__ = ["app"]
