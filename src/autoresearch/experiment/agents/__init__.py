"""Who has the ideas: `knobs` (a seeded search), `command` (any program), and the command lines of coding agents."""
