"""What needs somebody, and who is told of it, where and when."""
