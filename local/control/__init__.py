"""The control port: faults, connections and functions of a running emulator, for its developer."""
