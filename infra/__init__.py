"""What operations touch: migrations, the demo data, checks and generated documents."""
