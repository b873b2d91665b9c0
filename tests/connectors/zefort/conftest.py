from tests.connectors.memory_journal import MemoryJournal
