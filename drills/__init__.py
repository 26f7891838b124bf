"""Rehearsed disasters on this machine's own throw-away servers; `make drills` writes docs/reliability.md."""
