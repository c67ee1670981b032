"""The safety mechanisms of the house: where each one stands, how it is taken out, who notices.

`instead` replaces `text`, which stands in `path` exactly once; `test` then has to fail. A mechanism
that is not in this table is one that nobody would miss.
"""

from typing import Final, NamedTuple


class Mechanism(NamedTuple):
    """One way in which the house keeps a promise."""

    name: str
    path: str
    text: str
    instead: str
    test: str
    """As pytest is told."""


LIVE, ROOMS = "hub_core/live", "hub_core/rooms"
RACES = "tests/live/test_races.py::test_"
DOOR = "tests/live/test_door.py::test_"
RESUME = "tests/live/test_resume.py::test_"
SOCKET = "tests/live/test_socket.py::test_"
SINGLE = "tests/live/test_mechanisms.py::test_"
PRESENCE = "tests/rooms/test_presence.py::test_"
RULES = "tests/rooms/test_rules.py::test_"
REFRESH = "tests/handlers/accounts/test_refresh.py::test_"
TOKENS = "tests/adapters/test_tokens.py::test_"

MECHANISMS: Final = (
    # --- one room, many containers
    Mechanism(
        "compare and set on the room's position",
        f"{LIVE}/commit.lua",
        "if at ~= ARGV[2] or last ~= ARGV[15] then",
        "if last ~= ARGV[15] and false then",
        f"{RACES}of_fifty_who_join_at_once_exactly_ten_are_in",
    ),
    Mechanism(
        "the id of the last change is compared too",
        f"{LIVE}/commit.lua",
        "if at ~= ARGV[2] or last ~= ARGV[15] then",
        "if at ~= ARGV[2] then",
        f"{SINGLE}a_copy_of_another_history_is_not_written_over",
    ),
    Mechanism(
        "a commit whose answer was lost finds its own entries",
        f"{LIVE}/store.py",
        "landed = landed or author.decode() == nonce",
        "landed = False",
        f"{RACES}a_commit_whose_answer_was_lost_is_not_made_twice",
    ),
    Mechanism(
        "the fence of a lease: a sign of life comes before its end",
        f"{LIVE}/commit.lua",
        "if redis.call('ZSCORE', KEYS[4], fence[1]) ~= fence[2] then return {'fenced'} end",
        "",
        f"{RACES}a_sign_of_life_comes_before_the_end_of_a_lease",
    ),
    Mechanism(
        "a commit takes the pump only if it is free",
        f"{LIVE}/commit.lua",
        "redis.call('SET', KEYS[5], ARGV[11], 'NX', 'PX', ARGV[12])",
        "redis.call('SET', KEYS[5], ARGV[11], 'PX', ARGV[12])",
        f"{SINGLE}while_one_drains_nobody_else_does",
    ),
    Mechanism(
        "one drainer per room",
        f"{LIVE}/pump.lua",
        "if holder and holder ~= ARGV[2] then return {'busy', fan} end",
        "",
        f"{SINGLE}while_one_drains_nobody_else_does",
    ),
    Mechanism(
        "the cursor of what is out only rises",
        f"{LIVE}/pump.lua",
        "if ARGV[4] ~= '' and later(ARGV[4], fan) then",
        "if ARGV[4] ~= '' then",
        f"{SINGLE}a_drainer_that_wakes_up_late_turns_nothing_back",
    ),
    Mechanism(
        "an appender stays until its change is out",
        f"{LIVE}/pump.py",
        "case Busy(fan=fan) if fan >= target or enough:",
        "case Busy():",
        f"{RACES}a_pump_that_is_held_by_somebody_alive_is_waited_for",
    ),
    Mechanism(
        "frames of one connection go out in order",
        f"{LIVE}/outbox.py",
        "for frame in frames:\n            how =",
        "for frame in reversed(frames):\n            how =",
        f"{RACES}what_a_dead_container_left_goes_out_with_the_next_message",
    ),
    Mechanism(
        "nobody is told what happened before it came",
        f"{LIVE}/shares.py",
        "if person.join_seq < told[0].at.seq:",
        "if person.join_seq >= 0:",
        f"{SOCKET}two_people_meet",
    ),
    Mechanism(
        "an opened room is listed before it is opened, and stays so",
        f"{LIVE}/unlist.lua",
        "if redis.call('ZSCORE', KEYS[1], ARGV[1]) == ARGV[2] then",
        "if true then",
        f"{RACES}a_room_that_was_opened_again_stays_listed",
    ),
    # --- what was promised
    Mechanism(
        "the journal before the ack",
        f"{LIVE}/pump.py",
        "self.journal.append(room, changes),",
        "asyncio.sleep(0),",
        f"{SOCKET}chat_reaches_everybody_and_is_stored_before_it_is_acknowledged",
    ),
    Mechanism(
        "a seq that is taken in the journal begins a new epoch",
        f"{LIVE}/journal.py",
        'if row["strangers"]:',
        'if row["strangers"] is None:',
        f"{RACES}a_log_that_lost_its_end_begins_anew",
    ),
    Mechanism(
        "a repeated request gets the first reply",
        f"{LIVE}/commit.lua",
        "if answered then return {'again', answered, at, fan} end",
        "",
        f"{SOCKET}a_repeated_request_gets_the_same_reply_and_has_no_second_effect",
    ),
    Mechanism(
        "a requestId is the session's own",
        f"{LIVE}/dispatch.py",
        "scope=me.id if command.idempotency_key else me.session_id,",
        'scope="",',
        f"{SINGLE}two_people_may_think_of_the_same_request_id",
    ),
    Mechanism(
        "a clientMsgId names one message",
        f"{LIVE}/dispatch.py",
        "request_id=command.idempotency_key or asked.request_id,",
        "request_id=asked.request_id,",
        f"{RACES}a_message_named_by_the_client_is_said_once_whatever_the_request",
    ),
    Mechanism(
        "an ask of the entrance is worked on once",
        f"{LIVE}/replies.py",
        "self.redis.set(key, UNDER_WAY, nx=True, px=LONGEST_WORK_MS)",
        "self.redis.set(key, UNDER_WAY, px=LONGEST_WORK_MS)",
        f"{SINGLE}a_repeated_join_is_answered_as_the_first_time_though_the_room_is_another",
    ),
    Mechanism(
        "a gap is filled whole or not at all",
        f"{LIVE}/store.py",
        "return frames if len(frames) == room.seq - seq else None",
        "return frames",
        f"{SINGLE}a_log_that_was_trimmed_is_no_answer",
    ),
    Mechanism(
        "a cursor of another epoch gets a snapshot",
        f"{LIVE}/greeting.py",
        "        if epoch != room.epoch:\n            return None\n",
        "",
        f"{RESUME}a_cursor_that_does_not_fit_gets_the_room_as_it_is",
    ),
    Mechanism(
        "a signal to somebody who is lost waits",
        f"{LIVE}/dispatch.py",
        "                if notice.keeps\n                for whose in notice.to\n",
        "                if not notice.keeps\n                for whose in notice.to\n",
        f"{RESUME}signals_wait_for_somebody_who_is_lost",
    ),
    # --- connections
    Mechanism(
        "a tombstone keeps a late join out",
        f"{LIVE}/connections.py",
        "        if gone:\n            return None\n",
        "",
        f"{RACES}a_goodbye_that_overtakes_the_join_leaves_no_ghost",
    ),
    Mechanism(
        "a tombstone is seen by the join that it crosses",
        f"{LIVE}/connections.py",
        "return not gone",
        "return True",
        f"{RACES}a_goodbye_that_crosses_the_join_is_noticed_by_one_of_them",
    ),
    Mechanism(
        "a late goodbye of an old connection is ignored",
        f"{ROOMS}/rules/presence.py",
        'if me.presence == "online" and me.connection_id == command.connection_id:',
        'if me.presence == "online":',
        f"{PRESENCE}a_late_goodbye_of_an_old_connection_is_ignored",
    ),
    Mechanism(
        "a connection that was taken over says nothing any more",
        f"{LIVE}/socket.py",
        "(me.session_id, me.connection_id) != (seat.session_id, connection_id)",
        "me.session_id != seat.session_id",
        f"{RESUME}the_old_connection_says_nothing_any_more",
    ),
    Mechanism(
        "whoever is gone by a 410 is lost",
        f"{LIVE}/dispatch.py",
        "        await self._gone(gone)\n        for whisper",
        "        for whisper",
        f"{RESUME}a_signal_that_finds_the_connection_gone_waits_too",
    ),
    Mechanism(
        "what is too large is not read",
        f"{LIVE}/socket.py",
        'if len(body.encode(errors="surrogatepass")) > LARGEST_FRAME:',
        "if not body and LARGEST_FRAME == 0:",
        f"{SOCKET}bad_input_gets_one_error_and_the_socket_goes_on",
    ),
    # --- who is in
    Mechanism(
        "never more people than places",
        f"{ROOMS}/rules/presence.py",
        "len(room.people) >= settings.max_participants:",
        "len(room.people) > settings.max_participants:",
        f"{RACES}of_fifty_who_join_at_once_exactly_ten_are_in",
    ),
    Mechanism(
        "nobody is admitted beyond the last place",
        f"{ROOMS}/rules/lobby.py",
        "for person in chosen[:places]:",
        "for person in chosen:",
        f"{RULES}nobody_is_admitted_beyond_the_last_place",
    ),
    Mechanism(
        "of two who decide about a knock the second is told so",
        f"{ROOMS}/rules/lobby.py",
        "    if person is None:\n        raise LobbyAlreadyDecided\n    return person",
        "    return person or room.people[ParticipantId(participant_id)]",
        f"{DOOR}of_a_decision_by_two_hosts_there_is_one",
    ),
    Mechanism(
        "whoever waits may ask for nothing in the room",
        f"{ROOMS}/deciding.py",
        "if rule.wire and not rule.in_lobby and me.id not in room.people:",
        "if rule.wire and me.id not in room.people and me.id not in room.lobby:",
        f"{DOOR}whoever_knocks_hears_nothing_until_it_is_let_in",
    ),
    Mechanism(
        "whoever waits hears nothing of the room",
        f"{LIVE}/shares.py",
        "for person in room.online()",
        "for person in [*room.online(), *room.waiting()]",
        f"{DOOR}whoever_knocks_hears_nothing_until_it_is_let_in",
    ),
    Mechanism(
        "a ticket is good once",
        f"{ROOMS}/rules/presence.py",
        'raise InvalidRoomToken("This room token was used; ask for a new one.")',
        "pass",
        f"{PRESENCE}a_ticket_is_good_once",
    ),
    Mechanism(
        "the generation in the ticket, at the door",
        f"{LIVE}/entrance.py",
        "if door is None or door.generation != claims.gen:",
        "if door is None:",
        f"{SINGLE}a_ticket_from_before_a_removal_is_void_also_in_a_new_conference",
    ),
    Mechanism(
        "the generation in the ticket, in the room",
        f"{ROOMS}/rules/presence.py",
        "if me.generation < room.barred.get(me.id, 0):",
        "if me.generation < 0:",
        f"{PRESENCE}a_ticket_from_before_a_removal_is_void",
    ),
    Mechanism(
        "the room asks the door again",
        f"{ROOMS}/rules/presence.py",
        "settings = max(room.settings, command.settings, key=lambda one: one.version)",
        "settings = command.settings",
        f"{PRESENCE}the_room_locks_itself_against_a_door_that_was_read_before",
    ),
    Mechanism(
        "an actor outranks its target",
        f"{ROOMS}/rules/moderation.py",
        "    if not me.role.outranks(person.role):\n        raise MeetingForbidden\n",
        "",
        "tests/rooms/test_roles.py",
    ),
    Mechanism(
        "a command has a least role",
        f"{ROOMS}/deciding.py",
        "    if not me.role.may_act_as(rule.by):\n        raise MeetingForbidden\n",
        "",
        "tests/rooms/test_roles.py",
    ),
    # --- resumes
    Mechanism(
        "a resume token is sealed",
        f"{LIVE}/resumption.py",
        "if not any(hmac.compare_digest(seal, mac.encode()) for seal in seals):",
        "if not any(seals):",
        f"{RESUME}a_forged_resume_token_changes_nothing",
    ),
    Mechanism(
        "a resume token is void when its successor was used",
        f"{ROOMS}/rules/presence.py",
        "if command.n not in {me.resumes, me.resumes - 1}:",
        "if command.n > me.resumes:",
        f"{RESUME}a_resume_token_works_twice_and_its_grandparent_never",
    ),
    Mechanism(
        "beyond the grace nobody resumes",
        f"{ROOMS}/rules/presence.py",
        "    if room.grace_is_over(me, now.at, now.grace_sec):\n        raise SessionExpired\n",
        "",
        f"{PRESENCE}beyond_the_grace_nobody_resumes",
    ),
    Mechanism(
        "whoever left is not brought back by a lost room",
        f"{LIVE}/returning.py",
        "        if stay is None:\n            raise SessionExpired\n",
        '        stay = stay or "somebody"\n',
        f"{RESUME}after_redis_has_lost_everything_people_come_back_and_nobody_else",
    ),
    # --- accounts and doors
    Mechanism(
        "a reused refresh token ends the family",
        "hub_core/accounts/refresh.py",
        "    return Verdict.REVOKE\n",
        "    return Verdict.REPEAT\n",
        f"{REFRESH}a_grandparent_inside_the_grace_ends_the_family",
    ),
    Mechanism(
        "a revocation is committed before the thief is answered",
        "hub_core/web/db.py",
        "if not error.keeps_changes:",
        "if error.status:",
        f"{REFRESH}a_grandparent_inside_the_grace_ends_the_family",
    ),
    Mechanism(
        "committed before the response exists",
        "hub_core/web/db.py",
        'Depends(session, scope="function")',
        'Depends(session, scope="request")',
        "tests/web/test_db.py::test_a_commit_that_fails_is_no_success",
    ),
    Mechanism(
        "a token of one class is no token of another",
        "hub_core/adapters/tokens.py",
        'if header.keys() - _HEADER or header.get("typ") != self.typ:',
        "if header.keys() - _HEADER:",
        f"{TOKENS}forgeries_are_refused",
    ),
    Mechanism(
        "one audience, and no list of them",
        "hub_core/adapters/tokens.py",
        '"strict_aud": True,',
        '"strict_aud": False,',
        f"{TOKENS}forgeries_are_refused",
    ),
    Mechanism(
        "the emulator checks signatures as AWS does",
        "local/gateway/sigv4.py",
        'if "host" not in signed or not hmac.compare_digest(expected, claim["signature"]):',
        'if "host" not in signed:',
        "tests/local/test_connections_api.py::test_who_is_not_known_is_forbidden",
    ),
)
