"""What the emulator carries, beside a plain `websockets` server and boto3 as the poster."""
