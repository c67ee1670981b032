"""What Hub API knows, on floors: kernel; rooms, adapters; accounts, live; and so on upwards."""
