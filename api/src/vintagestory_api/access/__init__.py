"""Who may do what: tokens, roles, and the trail of every change."""
