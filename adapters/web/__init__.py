"""The web room: people come by a signed link, with nothing to install and no account."""
