"""A push server on django-eventstream and uvicorn, as its documentation has it:
`eventstream.py PORT FOLDER`.

What is published is kept in a database in FOLDER, which outlives the process. `/forget` deletes the
oldest events, as its age limit does; `/events/locked` may not be read.
"""

import pathlib
import sys

import django
import uvicorn
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.management import call_command
from django.http import HttpResponse
from django.urls import include, path

port, folder = int(sys.argv[1]), pathlib.Path(sys.argv[2])


settings.configure(
    SECRET_KEY="of a test",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django_eventstream"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": folder / "events.db"}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    EVENTSTREAM_STORAGE_CLASS="django_eventstream.storage.DjangoModelStorage",
    EVENTSTREAM_CHANNELMANAGER_CLASS="__main__.Channels",
)
django.setup()
call_command("migrate", verbosity=0)

# These read the settings when they are imported.
from django_eventstream import send_event
from django_eventstream.channelmanager import DefaultChannelManager
from django_eventstream.models import Event


class Channels(DefaultChannelManager):
    def can_read_channel(self, user, channel):
        return channel != "locked"


def publish(request):
    send_event("news", "message", {"title": "News", "text": request.body.decode()})
    return HttpResponse(status=201)


def forget(request):
    Event.objects.filter(channel="news").delete()
    return HttpResponse(status=204)


urlpatterns = [
    path("publish", publish),
    path("forget", forget),
    path("events/<channel>", include("django_eventstream.urls")),
]
uvicorn.run(get_asgi_application(), port=port, log_level="warning", timeout_graceful_shutdown=1)
