"""What people let happen to their servers by itself: when, under which conditions, step by step."""
