"""The web server's entry."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "deploy.settings")
os.environ.setdefault("ASSAY_DB_POOL", "10")  # as many as there are threads (deploy/front/app.py)
os.environ.setdefault("ASSAY_STORAGE_SECONDS", "1")  # somebody waits for us
application = get_wsgi_application()

from labeling.jobs.doorbell import ring_aside  # noqa: E402  needs the apps

ring_aside()
get_resolver().url_patterns  # noqa: B018  every route now, so that the first request waits for nothing
