"""The web server's entry."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "deploy.settings")
os.environ.setdefault("ASSAY_DB_POOL", "8")  # as many as there are threads (deploy/commands/parts.py)
application = get_wsgi_application()
