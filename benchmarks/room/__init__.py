"""What a message costs in rooms of different sizes."""
