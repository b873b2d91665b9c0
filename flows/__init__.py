"""The sync itself: routes, the engine with its four phases, and the doors to it (command line and Prefect)."""
