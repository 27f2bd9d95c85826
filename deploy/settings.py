"""Every setting and every environment variable, in one file. docs/settings.md lists them (a test compares)."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from deploy.backing.addresses import (
    broker_options,
    broker_url,
    data_secret,
    database_settings,
    storage_options,
)
from deploy.env import (
    read_bool,
    read_int,
    read_json,
    read_list,
    read_networks,
    read_secret,
    read_str,
    require,
)

BASE_DIR = Path(__file__).resolve().parent.parent

# Where embedded servers, blobs, artifacts and caches live.
ASSAY_DATA_DIR = Path(read_str("ASSAY_DATA_DIR", str(Path.cwd() / ".assay"))).resolve()

# Production refuses embedded servers, generated secrets and cookies over plain HTTP.
ASSAY_PRODUCTION = read_bool("ASSAY_PRODUCTION", False)
if ASSAY_PRODUCTION:
    require("DATABASE_URL", "ASSAY_BROKER_URL", "ASSAY_SECRET_KEY", "ASSAY_ALLOWED_HOSTS")
DEBUG = False

# Embedded: generated once and kept in the data directory.
SECRET_KEY = read_secret("ASSAY_SECRET_KEY") or data_secret(ASSAY_DATA_DIR)
ALLOWED_HOSTS = read_list("ASSAY_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = read_list("ASSAY_TRUSTED_ORIGINS")
# Proxies whose X-Forwarded-For says who the client is; from anybody else the header is not read.
ASSAY_TRUSTED_PROXIES = read_networks("ASSAY_TRUSTED_PROXIES")

EMBEDDED_POSTGRES = not read_secret("DATABASE_URL")
DATABASES = {
    "default": database_settings(
        read_secret("DATABASE_URL"),
        ASSAY_DATA_DIR,
        # connections that a process keeps open; 0: one a request or task. Web processes keep 8 (wsgi.py),
        # workers none, because they fork.
        pool_size=read_int("ASSAY_DB_POOL", 0, low=0, high=200),
    )
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "labeling.apps.LabelingConfig",
    "training",
    "review",
    "deploy",
    "labeling.apps.AssayAdminConfig",
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
    "deploy.web.middleware.probes_by_address",
    "deploy.web.middleware.safe_headers",
    "deploy.web.middleware.CompressJson",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "labeling.web.request_bodies.Utf8Only",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
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
# Seconds for which browsers remember to use HTTPS only; the proxy in front says which scheme it got.
SECURE_HSTS_SECONDS = read_int("ASSAY_HSTS_SECONDS", 31_536_000 if ASSAY_PRODUCTION else 0, low=0, high=10**9)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if ASSAY_PRODUCTION else None
SECURE_SSL_REDIRECT = ASSAY_PRODUCTION
SECURE_REDIRECT_EXEMPT = [r"^(api/)?health$"]  # probes speak plain HTTP
SECURE_CONTENT_TYPE_NOSNIFF = False  # deploy/web/middleware.py sets these headers, on files of the page, too
SECURE_REFERRER_POLICY = None
SECURE_CROSS_ORIGIN_OPENER_POLICY = None
CSRF_FAILURE_VIEW = "labeling.web.http.csrf_failure"

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = ASSAY_DATA_DIR / "static"
MEDIA_ROOT = ASSAY_DATA_DIR / "storage"
# Nobody but the user that Assay runs as reads what people gave it.
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
# How long the storage is waited for; web processes say 1 (wsgi.py), since somebody waits for them.
ASSAY_STORAGE_SECONDS = read_int("ASSAY_STORAGE_SECONDS", 30, low=1, high=600)
_STORAGE = read_str("ASSAY_STORAGE", "django.core.files.storage.FileSystemStorage")
STORAGES = {
    # Blobs, imports, exports, artifacts: any django-storages backend.
    "default": {
        "BACKEND": _STORAGE,
        # the backend's own, such as {"bucket_name": "labels"}
        "OPTIONS": storage_options(
            _STORAGE, read_json("ASSAY_STORAGE_OPTIONS"), seconds=ASSAY_STORAGE_SECONDS
        ),
    },
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedStaticFilesStorage",
        "OPTIONS": {"file_permissions_mode": 0o644, "directory_permissions_mode": 0o755},  # everybody's
    },
}
# The built front end; served at / by whitenoise, and its index.html for every client route.
FRONTEND_DIST = BASE_DIR / "frontend" / "dist"
WHITENOISE_ROOT = FRONTEND_DIST if FRONTEND_DIST.is_dir() else None
WHITENOISE_INDEX_FILE = True
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/assets/.+-[\w-]{8,}\.\w+$"  # Vite names files by their content

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "labeling.accounts.authentication.PreparedTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": [
        "labeling.web.request_bodies.BodyParser",
        "rest_framework.parsers.MultiPartParser",
    ],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "labeling.web.request_bodies.AnswerAnyway",
    "DEFAULT_SCHEMA_CLASS": "labeling.web.schema.Schema",
    "EXCEPTION_HANDLER": "labeling.web.http.handle_exception",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
# For how many days a token is good, and the most that may be asked for.
ASSAY_TOKEN_DAYS = read_int("ASSAY_TOKEN_DAYS", 365, low=1, high=36_500)
KNOX_TOKEN_MODEL = "knox.AuthToken"
REST_KNOX = {
    "TOKEN_TTL": dt.timedelta(days=ASSAY_TOKEN_DAYS),
    "TOKEN_LIMIT_PER_USER": None,
    "AUTH_HEADER_PREFIX": "Token",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Assay",
    "DESCRIPTION": "Human-in-the-loop labeling with certified precision.",
    "VERSION": "0.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "labeling.web.schema.add_errors",
    ],
    # One name for one set of words, however many fields hold it.
    "ENUM_NAME_OVERRIDES": {
        "RoleEnum": "labeling.models.Role.choices",
        "ItemTypeEnum": "labeling.item_types.item_type_choices",
        "SourceKindEnum": "labeling.models.SourceKind.choices",
        "WorkStateEnum": "labeling.jobs.work.WorkState.choices",
        "RoundStateEnum": "training.models.RoundState.choices",
        "AnswerKindEnum": "review.models.AnswerKind.choices",
        "ReasonEnum": "review.reasons.reason_choices",
        "HeldBecauseEnum": "training.rounds.held_back.HeldBecause.choices",
        "ColumnRoleEnum": [
            "id",
            "text",
            "image",
            "feature",
            "series",
            "label",
            "confidence",
            "split",
            "annotator",
            "time",
            "verdict",
            "note",
            "embedding",
            "extra",
            "ignore",
        ],
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

# The sweep re-rings lost doorbells and returns expired leases, every so many seconds.
ASSAY_SWEEP_SECONDS = read_int("ASSAY_SWEEP_SECONDS", 2, low=1, high=600)
# A heartbeat older than this many seconds means that the worker is dead.
ASSAY_STALE_SECONDS = read_int("ASSAY_STALE_SECONDS", 30, low=2, high=3600)

# A process at work that used no processor time, moved no byte and asked nothing for this many seconds is wedged.
ASSAY_WEDGED_SECONDS = read_int("ASSAY_WEDGED_SECONDS", 300, low=2, high=86_400)

EMBEDDED_VALKEY = not read_secret("ASSAY_BROKER_URL")
CELERY_BROKER_URL = broker_url(read_secret("ASSAY_BROKER_URL"), ASSAY_DATA_DIR)
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # for ever: it comes back, and the work is in PostgreSQL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = broker_options(CELERY_BROKER_URL)
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]  # nothing that runs code when it is read
CELERY_TASK_IGNORE_RESULT = True  # results live in rows
# Messages are acknowledged as they come (labeling/jobs/bells.py): the row is the truth, and a broker that waits for
# word of a task that takes hours gives up on the worker (RabbitMQ's consumer_timeout).
CELERY_TASK_ACKS_LATE = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CONSUMER = "deploy.workers.consumer:HeartConsumer"
CELERY_BROKER_HEARTBEAT = 20  # seconds; of RabbitMQ
CELERY_BROKER_CONNECTION_TIMEOUT = (
    2  # seconds: a request that rings a bell does not wait for a broker that is away
)
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False  # they need no broker to go on
CELERY_TASK_DEFAULT_QUEUE = "default"
_SWEEPS = ("labeling.tasks.sweep_works", "training.tasks.sweep_runs", "review.tasks.sweep_review")
CELERY_TASK_ROUTES = {
    **{name: {"queue": "default"} for name in _SWEEPS},
    "labeling.tasks.*": {"queue": "io"},
    # Seconds, though beside them a run may learn for a day.
    "training.tasks.take_files_in": {"queue": "default"},
    "training.tasks.take_predictions_in": {"queue": "predict"},
    "training.tasks.measure_filed_round": {"queue": "predict"},
    "training.tasks.*": {"queue": "train"},
    # They pack the project's items first where nobody has, which may take minutes: not in the one slot of a run.
    "review.tasks.diversify_queue": {"queue": "predict"},
    "review.tasks.explain_queue": {"queue": "predict"},
    # Statistics over all predictions: up to a minute, beside what people wait for.
    "review.tasks.freeze_attempt": {"queue": "predict"},
    "review.tasks.settle_attempt": {"queue": "predict"},
    "review.tasks.forecast_project": {"queue": "predict"},
    "review.tasks.*": {"queue": "default"},
}
CELERY_BEAT_SCHEDULE = {
    name: {
        "task": name,
        "schedule": float(ASSAY_SWEEP_SECONDS),
        # A sweep that waited longer is worth nothing: the next one does the same.
        "options": {"expires": 2 * ASSAY_SWEEP_SECONDS},
    }
    for name in _SWEEPS
}

# A folder of pretrained networks. The learners, which know no Django, look into the environment themselves
# (training/learners/built_in/pretraining.py); it stands here so that every variable does.
ASSAY_BACKBONES = read_str("ASSAY_BACKBONES", "")

# Limits on what comes in.
ASSAY_MAX_UPLOAD_BYTES = read_int("ASSAY_MAX_UPLOAD_BYTES", 20 * 2**30, low=2**10, high=2**42)
ASSAY_MAX_IMAGE_BYTES = read_int("ASSAY_MAX_IMAGE_BYTES", 50 * 2**20, low=2**10, high=2**31)
ASSAY_MAX_IMAGE_PIXELS = read_int("ASSAY_MAX_IMAGE_PIXELS", 100_000_000, low=2**10, high=2**31)
ASSAY_MAX_TEXT_CHARS = read_int("ASSAY_MAX_TEXT_CHARS", 1_000_000, low=1, high=100_000_000)
# A first look into an uploaded file is a process of its own, which ends when it has used up either.
ASSAY_LOOK_SECONDS = read_int("ASSAY_LOOK_SECONDS", 8, low=2, high=600)
ASSAY_LOOK_BYTES = read_int("ASSAY_LOOK_BYTES", 2**30, low=2**28, high=2**36)  # of address space
DATA_UPLOAD_MAX_MEMORY_SIZE = 50 * 2**20  # bytes of a JSON body
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
FILE_UPLOAD_MAX_MEMORY_SIZE = 2**20  # above this an upload goes to a temporary file

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "deploy.logs.SecretlessFormatter",
            "fmt": "%(asctime)s %(levelname)s %(name)s: %(message)s",
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    # A sweep every two seconds is no news.
    "loggers": {
        name: {"level": "WARNING"} for name in ("celery.app.trace", "celery.beat", "celery.worker.strategy")
    }
    # What a client is refused (4xx) is the client's to know, not the operator's. Wrong passwords, forged requests and
    # wrong hosts have loggers of their own (labeling.accounts.services, django.security), and stay.
    | {"django.request": {"level": "ERROR"}},
    "root": {"handlers": ["stderr"], "level": read_str("ASSAY_LOG_LEVEL", "INFO")},
}

# Rung by name when a round is ready to publish: training does not import review.
ASSAY_ROUND_READY_TASK = "review.tasks.publish_ready_rounds"
ASSAY_FILE_PREDICTED_TASK = "training.tasks.take_files_in"
