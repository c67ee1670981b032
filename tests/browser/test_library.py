"""`hub-client.js` by itself, as an app would use it."""

from typing import Any

from tests.browser.people import Company, Someone

_WITH_LOGIN = """async (email) => {
  window.client = await import('/hub-client.js');
  const kept = new Map();
  window.store = {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => kept.set(key, value),
    removeItem: (key) => kept.delete(key),
  };
  window.api = new client.HubApi('', store);
  await api.register({ email, password: 'correct horse battery', displayName: 'Ada' });
  // Whoever stands before the same store with an access token that is no good (any more).
  window.other = (change) => {
    const login = { ...JSON.parse(store.getItem('hub.login')), ...change };
    store.setItem('hub.login', JSON.stringify(login));
    return new client.HubApi('', store);
  };
}"""


async def _with_login(company: Company) -> Someone:
    ada = await company.window("Ada")
    await ada.opens()
    await ada.page.evaluate(_WITH_LOGIN, f"ada-{id(ada)}@example.com")
    return ada


async def test_a_tab_takes_over_the_login_that_another_tab_has_renewed(company: Company) -> None:
    ada = await _with_login(company)

    user: Any = await ada.page.evaluate("""async () => {
      const tab = other({});
      await api.renew();
      await api.renew();
      await tab.renew();
      return (await tab.call('GET', '/v1/auth/me')).user;
    }""")

    assert user["displayName"] == "Ada"


async def test_signing_out_with_an_access_token_that_has_run_out_ends_the_login(
    company: Company,
) -> None:
    ada = await _with_login(company)
    ada.expects = ("401",)

    refused = await ada.page.evaluate("""async () => {
      const tab = other({ accessToken: 'run.out.x', expiresAt: 0 });
      let refresh = '';
      const fetches = window.fetch;
      window.fetch = async (...what) => {
        const answer = await fetches(...what);
        if (what[0].endsWith('/refresh')) refresh = (await answer.clone().json()).refreshToken;
        return answer;
      };
      await tab.logout().catch(() => {});
      window.fetch = fetches;
      refresh ||= JSON.parse(store.getItem('hub.login') ?? '{}').refreshToken ?? refresh;
      const again = await fetch('/v1/auth/refresh', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ refreshToken: refresh }),
      });
      return [tab.user, again.status, refresh !== ''];
    }""")

    assert refused == [None, 401, True]


async def test_an_access_token_that_is_no_good_any_more_is_renewed(company: Company) -> None:
    ada = await _with_login(company)
    ada.expects = ("401",)

    name = await ada.page.evaluate("""async () => {
      const tab = other({ accessToken: 'of.another.key', expiresAt: 2 ** 53 });
      return (await tab.call('GET', '/v1/auth/me')).user.displayName;
    }""")

    assert name == "Ada"


async def test_a_listener_that_throws_keeps_nothing_from_the_others(company: Company) -> None:
    ada = await company.window("Ada")
    await ada.opens()

    heard, uncaught = await ada.page.evaluate("""async () => {
      const { Emitter } = await import('/hub-client.js');
      const [emitter, heard] = [new Emitter(), []];
      const uncaught = new Promise((resolve) => {
        addEventListener('error', (event) => {
          event.preventDefault();
          resolve(event.error.message);
        });
      });
      emitter.on('said', () => {
        throw new Error('of the app');
      });
      emitter.on('said', (what) => heard.push(what));
      for (const what of [1, 2]) emitter.emit('said', what);
      return [heard, await uncaught];
    }""")

    assert (heard, uncaught) == ([1, 2], "of the app")
    ada.complaints.clear()


async def test_a_message_that_was_deleted_during_an_outage_is_gone_after_it(
    company: Company,
) -> None:
    ada = await company.window("Ada")
    await ada.opens()

    ids = await ada.page.evaluate("""async () => {
      const { begin } = await import('/hub-client.js');
      const chat = (ids) => ids.map((id) => ({ id }));
      const said = (...ids) => ({ participants: [], settings: {}, chat: chat(ids) });
      const before = begin('me', said('1', '2', '3', '4'));
      return begin('me', said('2', '4', '5'), before).chat.map(({ id }) => id);
    }""")

    assert ids == ["1", "2", "4", "5"]


async def test_a_frame_that_is_too_large_costs_no_connection(company: Company) -> None:
    (ada,) = (await company.call("Ada")).people

    told = await ada.page.evaluate("""async () => {
      const text = 'ä'.repeat(20_000);
      return await hub.visit.request('chat.send', { text }).catch((error) => error.type);
    }""")

    assert told == "request/too-large"
    assert await ada.page.evaluate("hub.visit.status") == "inside"
    assert await ada.frames("session.resumed") == []


async def test_an_offer_that_was_lost_is_made_again_though_media_stop_meanwhile(
    company: Company,
) -> None:
    ada = await company.window("Ada")
    await ada.page.clock.install()
    await ada.opens()

    await ada.page.evaluate("""async () => {
      const { Peer } = await import('/hub-client.js');
      window.offers = 0;
      const none = () => ({ mic: null, cam: null, screen: null });
      await new Promise((resolve) => {
        const send = async ({ type }) => {
          if (type !== 'offer') return;
          window.offers += 1;
          resolve();
        };
        const hooks = { send, track() {}, state() {}, configuration: () => ({}), tracks: none };
        window.peer = new Peer(true, hooks);
        peer.call();
      });
      Object.defineProperty(peer.pc, 'connectionState', { value: 'disconnected' });
      peer.pc.onconnectionstatechange();
    }""")
    await ada.page.clock.run_for(9_000)

    assert await ada.page.evaluate("offers") == 2


async def test_whoever_leaves_on_a_dead_connection_does_not_wait_for_it(
    company: Company,
) -> None:
    (ada,) = (await company.call("Ada")).people
    # A link that has died without a word: what is sent goes nowhere.
    await ada.page.evaluate("WebSocket.prototype.send = () => {}")
    await ada.page.clock.install()

    await ada.page.evaluate("hub.visit.leave(); 0")
    await ada.page.clock.run_for(3_000)

    await ada.is_told("You have left")
