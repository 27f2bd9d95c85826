"""Every setting and every environment variable, in one file. docs/settings.md lists them (a test compares)."""

from __future__ import annotations

from pathlib import Path

from deploy.addresses import broker_url, data_secret, database_settings
from deploy.env import read_bool, read_int, read_list, read_secret, read_str

BASE_DIR = Path(__file__).resolve().parent.parent

# Where embedded servers, blobs, artifacts and caches live.
ASSAY_DATA_DIR = Path(read_str("ASSAY_DATA_DIR", str(Path.cwd() / ".assay"))).resolve()

# production refuses embedded servers, generated secrets and plain HTTP cookies.
ASSAY_PRODUCTION = read_bool("ASSAY_PRODUCTION", False)
DEBUG = False

# Embedded: generated once and kept in the data directory. Production: must be given.
SECRET_KEY = read_secret("ASSAY_SECRET_KEY") or data_secret(ASSAY_DATA_DIR, production=ASSAY_PRODUCTION)
ALLOWED_HOSTS = read_list("ASSAY_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = read_list("ASSAY_TRUSTED_ORIGINS")

DATABASES = {
    "default": database_settings(
        read_secret("DATABASE_URL"),
        ASSAY_DATA_DIR,
        # connections that one web or worker process may hold
        pool_size=read_int("ASSAY_DB_POOL", 8, low=1, high=200),
    )
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "labeling",
    "training",
    "review",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "knox",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "deploy.urls"
WSGI_APPLICATION = "deploy.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_SECURE = ASSAY_PRODUCTION
CSRF_COOKIE_SECURE = ASSAY_PRODUCTION
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = ASSAY_DATA_DIR / "static"
MEDIA_ROOT = ASSAY_DATA_DIR / "storage"
STORAGES = {
    # Blobs, imports, exports, artifacts: any django-storages backend.
    "default": {
        "BACKEND": read_str("ASSAY_STORAGE", "django.core.files.storage.FileSystemStorage"),
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
# The built front end; served at / by whitenoise.
FRONTEND_DIST = BASE_DIR / "frontend" / "dist"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "knox.auth.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": [
        "rest_framework.parsers.JSONParser",
        "rest_framework.parsers.MultiPartParser",
    ],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "labeling.http.handle_exception",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
KNOX_TOKEN_MODEL = "knox.AuthToken"
REST_KNOX = {"TOKEN_TTL": None, "TOKEN_LIMIT_PER_USER": None, "AUTH_HEADER_PREFIX": "Token"}
SPECTACULAR_SETTINGS = {
    "TITLE": "Assay",
    "DESCRIPTION": "Human-in-the-loop labeling with certified precision.",
    "VERSION": "0.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

CELERY_BROKER_URL = broker_url(read_secret("ASSAY_BROKER_URL"), ASSAY_DATA_DIR)

# A heartbeat older than this many seconds means that the worker is dead.
ASSAY_STALE_SECONDS = read_int("ASSAY_STALE_SECONDS", 30, low=2, high=3600)
# The sweep re-rings lost doorbells and returns expired leases, every so many seconds.
ASSAY_SWEEP_SECONDS = read_int("ASSAY_SWEEP_SECONDS", 2, low=1, high=600)
# Limits on what comes in.
ASSAY_MAX_UPLOAD_BYTES = read_int("ASSAY_MAX_UPLOAD_BYTES", 20 * 2**30, low=2**10, high=2**42)
ASSAY_MAX_IMAGE_BYTES = read_int("ASSAY_MAX_IMAGE_BYTES", 50 * 2**20, low=2**10, high=2**31)
ASSAY_MAX_IMAGE_PIXELS = read_int("ASSAY_MAX_IMAGE_PIXELS", 100_000_000, low=2**10, high=2**31)
ASSAY_MAX_TEXT_CHARS = read_int("ASSAY_MAX_TEXT_CHARS", 1_000_000, low=1, high=100_000_000)
DATA_UPLOAD_MAX_MEMORY_SIZE = 50 * 2**20  # bytes of a JSON body
FILE_UPLOAD_MAX_MEMORY_SIZE = 2**20  # above this an upload goes to a temporary file

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": read_str("ASSAY_LOG_LEVEL", "INFO")},
}

# Rung by name when a round is ready to publish: training does not import review.
ASSAY_ROUND_READY_TASK = "review.tasks.publish_ready_rounds"
