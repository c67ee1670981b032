"""Where a decision meets the world: Redis, the journal, and the sockets of everyone in the room."""
