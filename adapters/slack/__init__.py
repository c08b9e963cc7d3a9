"""Slack: messages in channels and direct messages, forms as modals, and the Home tab."""
