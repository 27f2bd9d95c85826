"""The product's settings with the app that makes runs stand still. For child processes of tests."""

from deploy.settings import *  # noqa: F403
from deploy.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.training.slow_steps.apps.SlowStepsConfig"]
