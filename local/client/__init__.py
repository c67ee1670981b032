"""A client of Hub API in Python, for tests, benchmarks and whoever wants to talk to it.

    async with HubClient("http://localhost:4000") as ada:
        await ada.register("ada@example.com", "correct horse battery", "Ada")
        meeting = await ada.create(title="Tea")
        await ada.join(meeting["id"], mic="on")
        await ada.request("chat.send", text="Hello!")
        hello = await ada.heard("chat.message")

It is of the same shape as `local/web/hub-client.js` and knows the product by its wire alone.
"""

from local.client.backoff import Backoff as Backoff
from local.client.client import HubClient as HubClient
from local.client.frames import Frame as Frame
from local.client.frames import Refused as Refused
from local.client.frames import Seen as Seen
from local.client.log import RoomLog as RoomLog
from local.client.rest import Rest as Rest
from local.client.room import RoomView as RoomView
from local.client.wire import ConnectionLost as ConnectionLost
