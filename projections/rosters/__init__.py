"""The roster: who is where and when, and who may be seen by whom for that."""
