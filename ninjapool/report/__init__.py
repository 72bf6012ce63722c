"""Plans and outcomes as text for people."""
