"""Session templates: one YAML file each."""
