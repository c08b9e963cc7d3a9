"""What must not be lost (`Store`) and what may be (`Hot`)."""
