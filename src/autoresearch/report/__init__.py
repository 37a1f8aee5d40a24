"""What a run says, for people: Markdown and terminal. Knows `core` only; a new loop changes nothing here."""
