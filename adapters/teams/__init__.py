"""Microsoft Teams: one front door of our own, cards, and calls to the Bot Connector."""
