"""The web server's settings: `gunicorn --config deploy/gunicorn.conf.py publicity.wsgi`. Numbers for two cores."""

import os
from pathlib import Path

worker_class = "gthread"
workers = int(os.environ.get("WEB_WORKERS") or 2)
threads = int(os.environ.get("WEB_THREADS") or 4)
timeout = 60
graceful_timeout = 30
keepalive = 5
# Against what a library may leak over weeks; the jitter keeps the workers from going at the same moment.
max_requests = 20_000
max_requests_jitter = 2_000
umask = 0o027
# Only nginx reaches our socket, and it sets these headers itself. A Unix socket has no address to compare.
forwarded_allow_ips = "*"
control_socket_disable = True

_format = (
    "toolkit.monitoring.logs.JsonLines" if os.environ.get("LOG_FORMAT") != "plain" else "logging.Formatter"
)
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": _format}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {"gunicorn.error": {"handlers": ["console"], "level": "INFO", "propagate": False}},
}


def on_starting(server):
    """Counts of processes that are gone: Prometheus knows a counter that begins anew."""
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    if folder and Path(folder).is_dir():
        for file in Path(folder).glob("*.db"):
            file.unlink(missing_ok=True)
