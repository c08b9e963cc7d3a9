"""The bot: the path from an event to its consequences, and the loops that bring the world in line with the store."""
