"""People in front of browsers: what they do on the page, and what they see."""

import json
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
from playwright.async_api import Browser, BrowserContext, Locator, Page

PASSWORD = "correct horse battery"

_SEES = """([name, slot]) => {
  const tiles = [...document.querySelectorAll(`.tile.${slot}`)];
  const tile = tiles.find((one) => one.querySelector('.name').textContent.startsWith(name));
  const video = tile?.querySelector('video');
  if (!video || video.readyState < 2) return null;
  const canvas = Object.assign(document.createElement('canvas'), { width: 32, height: 18 });
  const paper = canvas.getContext('2d');
  paper.drawImage(video, 0, 0, 32, 18);
  const pixels = paper.getImageData(0, 0, 32, 18).data;
  const colours = pixels.filter((_, at) => at % 4 < 3);
  const light = colours.reduce((sum, value) => sum + value, 0) / colours.length;
  return { frames: video.getVideoPlaybackQuality().totalVideoFrames, light };
}"""
"""How many frames of somebody's picture were decoded, and how light it is (0 is black)."""

_SEES_MORE = f"""([name, slot, frames]) => {{
  const seen = ({_SEES})([name, slot]);
  return seen && seen.light > 8 && seen.frames > frames ? seen.frames : 0;
}}"""


@dataclass
class Someone:
    """A person, and the window in front of them."""

    name: str
    page: Page
    url: str
    """Of the product."""
    complaints: list[str] = field(default_factory=list)
    """What the console called an error."""
    expects: tuple[str, ...] = ()
    """Errors that are part of the story: `404`, or `ERR_` where a network is lost."""

    def __post_init__(self) -> None:
        self.page.set_default_timeout(60_000)
        self.page.on("console", lambda said: self._complain(said.type, said.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def button(self, name: str) -> Locator:
        """The button that is called so, for those who see and those who hear."""
        return self.page.get_by_role("button", name=name, exact=True)

    async def opens(self, path: str = "/") -> None:
        """Follow a link."""
        await self.page.goto(f"{self.url}{path}")

    async def signs_up(self) -> None:
        """Create an account on the page."""
        await self.button("New here? Create an account").click()
        await self.page.get_by_label("Your name").first.fill(self.name)
        await self.page.get_by_label("E-mail").fill(an_email(self.name))
        await self.page.get_by_label("Password").fill(PASSWORD)
        await self.button("Create account").click()
        await self.page.get_by_role("heading", name=f"Hello, {self.name}").wait_for()

    async def has_an_account(self) -> None:
        """Be signed in from the start."""
        async with httpx.AsyncClient(base_url=self.url, timeout=60) as http:
            who = {"email": an_email(self.name), "password": PASSWORD, "displayName": self.name}
            answer = await http.post("/v1/auth/register", json=who)
        assert answer.status_code == 201, answer.text
        login = json.dumps({**answer.json(), "expiresAt": 2**53})
        await self.page.add_init_script(f"""
            if (!sessionStorage.getItem('hub.login'))
              sessionStorage.setItem('hub.login', JSON.stringify({login}));
        """)

    async def joins(self, path: str) -> None:
        """Come to a meeting's address and go in."""
        await self.opens(path)
        await self.button("Join now").click()
        await self.is_inside()

    async def knocks(self, path: str) -> None:
        """Come to a meeting's address as a guest."""
        await self.opens(path)
        await self.page.get_by_label("Your name").first.fill(self.name)
        await self.button("Join as a guest").click()

    async def is_inside(self) -> None:
        """Wait until the meeting is shown."""
        await self.page.locator("main.meeting").wait_for()

    async def panel(self, name: str) -> Locator:
        """Open one of the panels, if it is not open."""
        button = self.page.locator(f"[data-does={name}]")
        if await button.get_attribute("aria-expanded") != "true":
            await button.click()
        return self.page.locator(".panel > section")

    async def says(self, text: str, *, only_to: str | None = None) -> None:
        """Write in the chat."""
        chat = await self.panel("chat")
        if only_to:
            await chat.get_by_label("To whom").select_option(label=f"Only to {only_to}")
        await chat.get_by_label("Message", exact=True).fill(text)
        await chat.get_by_role("button", name="Send").click()

    async def reads(self, text: str) -> Locator:
        """The message with this text, once it is there."""
        chat = await self.panel("chat")
        message = chat.locator(".message").filter(has_text=text)
        await message.wait_for()
        return message

    async def does_to(self, name: str, deed: str) -> None:
        """What a host does about somebody."""
        people = await self.panel("people")
        await people.get_by_label(f"What to do about {name}").click()
        await people.get_by_role("button", name=deed, exact=True).click()

    async def sees(self, name: str, slot: str = "cam") -> int:
        """Wait for moving pictures that are not black; the answer is how many there were."""
        before = await self.page.evaluate(_SEES, [name, slot])
        frames = before["frames"] if before else 0
        more = await self.page.wait_for_function(
            _SEES_MORE, arg=[name, slot, frames + 2], polling=200
        )
        return int(await more.json_value())

    def tile(self, name: str, states: str = "") -> Locator:
        """Somebody's picture, if it is in these states: `.muted`, `.speaking`, `.seen`."""
        return self.page.locator(f".tile.cam{states}").filter(has_text=name)

    async def notices(self, text: str) -> None:
        """Wait for a word in passing."""
        await self.page.locator(".notice").filter(has_text=text).first.wait_for()

    async def frames(self, kind: str, way: str = "in") -> list[dict[str, Any]]:
        """Every frame of a type so far, by the inspector's own list."""
        found: list[dict[str, Any]] = await self.page.evaluate(
            "([kind, way]) => hub.frames.list.map((entry) => entry.way === way && entry.frame)"
            ".filter((frame) => frame && frame.type === kind)",
            [kind, way],
        )
        return found

    async def is_told(self, title: str) -> None:
        """Wait for the last word."""
        await self.page.get_by_role("heading", name=title).wait_for()

    def _complain(self, kind: str, text: str) -> None:
        if kind == "error" and not any(word in text for word in self.expects):
            self.complaints.append(text)


@dataclass
class Call:
    """A meeting under way."""

    path: str
    people: list[Someone]


@dataclass
class Company:
    """Opens windows, in one browser or in several."""

    browser: Browser
    url: str
    people: list[Someone] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)

    async def window(self, name: str, *, browser: Browser | None = None, **how: Any) -> Someone:
        """A window with cookies and storage of its own."""
        how = {"viewport": {"width": 1280, "height": 800}, **how}
        context = await (browser or self.browser).new_context(**how)
        someone = Someone(name, await context.new_page(), self.url)
        self.contexts.append(context)
        self.people.append(someone)
        return someone

    async def member(self, name: str, **how: Any) -> Someone:
        """A window of somebody with an account."""
        someone = await self.window(name, **how)
        await someone.has_an_account()
        return someone

    async def meeting(self, host: Someone, **settings: Any) -> str:
        """A meeting of the host's; the answer is its path."""
        await host.opens()
        meeting = await host.page.evaluate(
            """async (draft) => {
              const { HubApi } = await import('/hub-client.js');
              return new HubApi('', sessionStorage).createMeeting(draft);
            }""",
            {"title": "Tea at four", "settings": settings},
        )
        return f"/{meeting['code']}"

    async def call(self, *names: str, **settings: Any) -> Call:
        """A meeting in which these people, with accounts, are; the first is host."""
        people = [await self.member(name) for name in names]
        path = await self.meeting(people[0], **settings)
        for person in people:
            await person.joins(path)
        return Call(path, people)


def an_email(name: str) -> str:
    """One that nobody else has."""
    return f"{name.split(maxsplit=1)[0].lower()}-{uuid4().hex[:10]}@example.com"
